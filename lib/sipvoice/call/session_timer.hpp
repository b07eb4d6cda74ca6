// The session timer of one dialog (RFC 4028), in both roles and with either side as refresher.
//
// The refresher sends an UPDATE or a re-INVITE at half of the interval. Whoever hears no refresh
// ends the session min(32 s, interval/3) before the interval is over; so does a refresher whose
// refreshes fail.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sipvoice/base/time.hpp"
#include "sipvoice/sip/message.hpp"
#include "sipvoice/sip/session_expires.hpp"

namespace sipvoice::call {

class session_timer {
 public:
  using header_list = std::vector<std::pair<std::string, std::string>>;
  enum class action : std::uint8_t { nothing, refresh, expire };
  /// 422s that one request is repeated for: each proxy on the way may have its own Min-SE.
  static constexpr int max_raises = 5;
  /// After a refresh that failed without ending the dialog.
  static constexpr duration retry = std::chrono::seconds(5);

  /// `wanted`: the interval to ask for, zero: do not ask. `shortest`: what is accepted.
  session_timer(duration wanted, duration shortest);

  /// Session-Expires and Min-SE of an INVITE or UPDATE of ours.
  void add_to_request(header_list& headers) const;
  /// A 422 has come: true, send it again with what add_to_request() gives now.
  [[nodiscard]] bool raise(const sip::message& response);
  /// A 2xx has come to an INVITE or UPDATE of ours. Starts the interval anew.
  void take_response(const sip::message& response, time_point now);

  /// A request of the peer asks for too little: 422 with this Min-SE (section 9). Only a peer that
  /// says it supports timers is refused.
  [[nodiscard]] std::optional<std::uint32_t> too_small(const sip::message& request) const;
  /// An INVITE or UPDATE of the peer is accepted: adds what its 2xx must say, and starts the
  /// interval anew.
  void answer(const sip::message& request, header_list& headers, time_point now);

  [[nodiscard]] bool is_running() const { return interval_ > 0; }
  [[nodiscard]] std::uint32_t interval_s() const { return interval_; }
  [[nodiscard]] bool we_refresh() const { return we_refresh_; }
  [[nodiscard]] time_point next_deadline() const;
  /// What is due. After `refresh` nothing more until take_response(), failed() or the end.
  [[nodiscard]] action due(time_point now);
  /// The refresh was refused; once more after `after`.
  void failed(time_point now, duration after = retry) { refresh_at_ = now + after; }
  void stop();

 private:
  void start(std::uint32_t interval, bool we_refresh, time_point now);

  std::uint32_t wanted_, shortest_;  // seconds
  std::uint32_t interval_ = 0;       ///< 0: no timer
  bool we_refresh_ = false;
  int raises_ = 0;
  time_point refresh_at_ = never, expire_at_ = never;
};

}  // namespace sipvoice::call
