// Non-INVITE server transaction: RFC 3261 section 17.2.2.
//
// A plain object: requests, responses and the time go in; what is to be done comes out. It holds no
// bytes: its owner keeps the last response and knows where it goes.
#pragma once

#include <cstdint>
#include <optional>

#include "sipvoice/base/time.hpp"
#include "sipvoice/sip/timer_values.hpp"

namespace sipvoice::sip {

class server_non_invite {
 public:
  enum class state : std::uint8_t {
    trying,      ///< nothing sent yet; a repeated request is absorbed (17.2.2)
    proceeding,  ///< a provisional was sent; a repeated request gets it again (17.2.2)
    completed,   ///< the final response was sent; a repeated request gets it again (17.2.2)
    terminated,  ///< over: to be forgotten
  };
  enum class timer : std::uint8_t {
    none,
    j,  ///< answers repeated requests; 64*T1, zero when reliable (17.2.2)
  };
  struct deadline {
    time_point at = never;
    timer why = timer::none;
  };
  /// What the owner does now, in this order.
  struct output {
    bool send_last = false;  ///< the last response that was given, the new one included
    std::optional<tx_end> ended = std::nullopt;
  };

  server_non_invite(const timer_values& values, bool reliable);

  [[nodiscard]] output receive_request() const;  ///< the request again
  /// True when a response with this status may be given now.
  [[nodiscard]] bool may_respond(int status) const;
  [[nodiscard]] output respond(int status, time_point now);
  [[nodiscard]] output handle_timeout(time_point now);
  [[nodiscard]] deadline next() const { return limit_; }
  [[nodiscard]] state current() const { return state_; }

 private:
  duration linger_;  // timer J
  deadline limit_;
  state state_ = state::trying;
};

}  // namespace sipvoice::sip
