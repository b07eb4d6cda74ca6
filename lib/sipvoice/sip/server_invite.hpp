// INVITE server transaction: RFC 3261 section 17.2.1, with the Accepted state of RFC 6026
// section 8.5 (8.7 of it: the 2xx is repeated by the transaction user, not here).
//
// A plain object: requests, responses and the time go in; what is to be done comes out. It holds no
// bytes: its owner keeps the last response and knows where it goes.
#pragma once

#include <cstdint>
#include <optional>

#include "sipvoice/base/time.hpp"
#include "sipvoice/sip/timer_values.hpp"

namespace sipvoice::sip {

class server_invite {
 public:
  enum class state : std::uint8_t {
    proceeding,  ///< no final response yet; a repeated INVITE gets the last provisional (17.2.1)
    completed,   ///< 300-699 sent, waiting for its ACK (17.2.1)
    confirmed,   ///< the ACK came; absorbs further ones (17.2.1)
    accepted,    ///< 2xx sent; repeated INVITEs are absorbed, ACKs go up (RFC 6026 8.5)
    terminated,  ///< over: to be forgotten
  };
  enum class timer : std::uint8_t {
    none,
    g,  ///< repeats the 300-699 after T1, doubling to T2; UDP only (17.2.1)
    h,  ///< 64*T1 without an ACK to the 300-699: given up (17.2.1)
    i,  ///< absorbs repeated ACKs; T4, zero when reliable (17.2.1)
    l,  ///< keeps the transaction after a 2xx; 64*T1 over every transport (RFC 6026 8.5)
  };
  struct deadline {
    time_point at = never;
    timer why = timer::none;
  };
  /// What the owner does now, in this order.
  struct output {
    bool send_last = false;  ///< the last response that was given, the new one included
    bool pass_ack = false;   ///< the ACK is one to a 2xx: for the transaction user
    std::optional<tx_end> ended = std::nullopt;
  };

  server_invite(const timer_values& values, bool reliable);

  [[nodiscard]] output receive_invite() const;  ///< the INVITE again
  [[nodiscard]] output receive_ack(time_point now);
  /// True when a response with this status may be given now.
  [[nodiscard]] bool may_respond(int status) const;
  [[nodiscard]] output respond(int status, time_point now);
  [[nodiscard]] output handle_timeout(time_point now);
  [[nodiscard]] deadline next() const;
  [[nodiscard]] state current() const { return state_; }

 private:
  output end(tx_end why);

  timer_values values_;
  duration interval_;
  time_point repeat_ = never;  // timer G
  deadline limit_;             // H, I or L
  state state_ = state::proceeding;
  bool reliable_;
};

}  // namespace sipvoice::sip
