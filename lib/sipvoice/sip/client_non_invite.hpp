// Non-INVITE client transaction: RFC 3261 section 17.1.2.
//
// A plain object: responses and the time go in; what is to be done comes out. It holds no bytes.
#pragma once

#include <cstdint>
#include <optional>

#include "sipvoice/base/time.hpp"
#include "sipvoice/sip/timer_values.hpp"

namespace sipvoice::sip {

class client_non_invite {
 public:
  enum class state : std::uint8_t {
    trying,      ///< sent, nothing heard (17.1.2.2)
    proceeding,  ///< a provisional came; still repeated over UDP, every T2 (17.1.2.2)
    completed,   ///< a final response came; its repetitions are absorbed (17.1.2.2)
    terminated,  ///< over: to be forgotten
  };
  enum class timer : std::uint8_t {
    none,
    e,  ///< repeats the request after T1, doubling to T2; T2 in Proceeding; UDP only (17.1.2.2)
    f,  ///< 64*T1 without a final response: timed out (17.1.2.2)
    k,  ///< absorbs repeated responses; T4, zero when reliable (17.1.2.2)
  };
  struct deadline {
    time_point at = never;
    timer why = timer::none;
  };
  /// What the owner does now, in this order.
  struct output {
    bool send_request = false;
    bool inform = false;  ///< pass the response to the transaction user
    std::optional<tx_end> ended = std::nullopt;
  };

  client_non_invite(const timer_values& values, bool reliable);

  [[nodiscard]] output start(time_point now);
  [[nodiscard]] output receive_response(int status, time_point now);
  [[nodiscard]] output handle_timeout(time_point now);
  [[nodiscard]] deadline next() const;
  [[nodiscard]] state current() const { return state_; }

 private:
  output end(tx_end why);

  timer_values values_;
  duration interval_;
  time_point repeat_ = never;  // timer E
  deadline limit_;             // F or K
  state state_ = state::trying;
  bool reliable_;
};

}  // namespace sipvoice::sip
