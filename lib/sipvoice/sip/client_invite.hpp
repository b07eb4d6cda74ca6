// INVITE client transaction: RFC 3261 section 17.1.1, with the Accepted state of RFC 6026
// section 8.4.
//
// A plain object: responses and the time go in; what is to be done comes out. It holds no bytes:
// its owner keeps the request and the ACK, and knows where they go.
#pragma once

#include <cstdint>
#include <optional>

#include "sipvoice/base/time.hpp"
#include "sipvoice/sip/timer_values.hpp"

namespace sipvoice::sip {

class client_invite {
 public:
  enum class state : std::uint8_t {
    calling,     ///< sent, nothing heard; repeated over UDP (17.1.1.2)
    proceeding,  ///< a provisional came; no repetition, no time limit of its own (17.1.1.2)
    completed,   ///< a 300-699 came and was ACKed; its repetitions are ACKed again (17.1.1.2)
    accepted,    ///< a 2xx came; each further one goes up, other forks included (RFC 6026 8.4)
    terminated,  ///< over: to be forgotten
  };
  enum class timer : std::uint8_t {
    none,
    a,       ///< repeats the INVITE after T1, then twice as long each time; UDP only (17.1.1.2)
    b,       ///< 64*T1 without any response: timed out (17.1.1.2)
    d,       ///< absorbs repeated 300-699; 64*T1 (32 s), zero when reliable (17.1.1.2)
    m,       ///< takes repeated and forked 2xx; 64*T1 over every transport (RFC 6026 8.4)
    cancel,  ///< 64*T1 after a CANCEL without a final response: given up (9.1)
  };
  struct deadline {
    time_point at = never;
    timer why = timer::none;
  };
  /// What the owner does now, in this order.
  struct output {
    bool send_request = false;
    bool send_ack = false;  ///< the ACK to a non-2xx; the same one each time
    bool inform = false;    ///< pass the response to the transaction user
    std::optional<tx_end> ended = std::nullopt;
  };

  client_invite(const timer_values& values, bool reliable);

  [[nodiscard]] output start(time_point now);
  [[nodiscard]] output receive_response(int status, time_point now);
  /// A CANCEL for it has been sent; it does not end it, it bounds the wait.
  void cancel_sent(time_point now);
  [[nodiscard]] output handle_timeout(time_point now);
  [[nodiscard]] deadline next() const;
  [[nodiscard]] state current() const { return state_; }

 private:
  output end(tx_end why);

  timer_values values_;
  duration interval_;
  time_point repeat_ = never;  // timer A
  deadline limit_;             // B, D, M or cancel: one at a time
  state state_ = state::calling;
  bool reliable_;
};

}  // namespace sipvoice::sip
