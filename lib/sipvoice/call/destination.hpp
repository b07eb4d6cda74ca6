// From the URI of a next hop to where a request goes, and on to the next place when one fails
// (RFC 3263 section 4). Each sender of requests has one: a call that dials, a dialog, a
// registration.
//
//   switch (where.seek(uri)) {
//     case ready:   send to where.place()->to, as where.place()->local; then, when it fails by
//                   transport, by timeout or with 503 (RFC 3263 4.3): where.next(), and send anew
//                   with a new branch when that is ready;
//     case waiting: `told` is called later with ready or failed;
//     case failed:  there is no (further) place; failure() says why in a few words.
//   }
//
// Over a stream a place is ready when the connection stands, so that Via and Contact can name its
// address; what cannot be connected to is passed over here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sipvoice/call/services.hpp"

namespace sipvoice::call {

class destination {
 public:
  enum class progress : std::uint8_t { ready, waiting, failed };
  static constexpr std::size_t max_addresses = 16;
  struct place {
    sip::hop to;
    local_side local;
  };

  /// `owner`: the call it serves, call_id{} where it is none. `told` is called after `waiting`
  /// only, once, never from within seek() or next().
  destination(services& s, call_id owner, std::function<void(progress)> told);
  ~destination();
  destination(const destination&) = delete;
  destination& operator=(const destination&) = delete;

  /// Over UDP, requests leave from this side where it has the family: a dialog stays on its socket.
  void stay_on(const local_side& side) { preferred_ = side; }
  /// Begins anew with this URI. What was waited for before is told no more.
  [[nodiscard]] progress seek(std::string_view uri);
  /// The same places as of the last seek(), the one in use passed over.
  [[nodiscard]] progress next();

  /// Nothing unless ready.
  [[nodiscard]] const std::optional<place>& found() const { return place_; }
  /// Of all places of the target, that of found() first; at most max_addresses, none twice.
  [[nodiscard]] std::vector<ip_address> addresses() const;
  [[nodiscard]] bool is_waiting() const { return waiting_; }
  [[nodiscard]] const std::string& failure() const { return failure_; }
  /// The same in one word: "unsupported_transport", "unresolvable", "unreachable".
  [[nodiscard]] std::string_view problem() const { return problem_; }

 private:
  void stop_waiting();
  [[nodiscard]] std::weak_ptr<const bool> ticket();
  void located(const sip::locator& l);
  [[nodiscard]] progress walk();
  [[nodiscard]] progress try_stream(const sip::candidate& c);
  [[nodiscard]] bool has_other(const sip::candidate& c) const;
  [[nodiscard]] bool use(const sip::candidate& c, flow_id flow);
  void tell(progress p);

  services& s_;
  call_id owner_;
  std::function<void(progress)> told_;
  std::optional<local_side> preferred_;
  std::string server_name_;
  std::vector<sip::candidate> candidates_;
  std::size_t at_ = 0;
  bool fixed_ = false, sips_ = false;
  std::optional<place> place_;
  bool waiting_ = false;
  lookups::id lookup_ = lookups::id::none;
  flow_table::waiter_id waiter_ = 0;
  flow_id opening_{};
  std::string failure_;
  std::string_view problem_;
  std::shared_ptr<const bool> ticket_;  // of what is waited for; null: nothing yet
};

}  // namespace sipvoice::call
