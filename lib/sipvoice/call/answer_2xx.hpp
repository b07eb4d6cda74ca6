// The repetition of a 2xx to INVITE until its ACK comes (RFC 3261 section 13.3.1.4): at T1,
// doubling to T2, given up after 64*T1. Works over every transport, hop by hop or not.
#pragma once

#include <algorithm>

#include "sipvoice/base/time.hpp"
#include "sipvoice/sip/user_agent.hpp"

namespace sipvoice::call {

class answer_2xx {
 public:
  enum class action { nothing, repeat, give_up };

  /// The 2xx of `tx` has just been sent for the first time.
  void start(sip::server_tx tx, const sip::timer_values& timers, time_point now) {
    tx_ = tx;
    interval_ = timers.t1;
    longest_ = timers.t2;
    next_ = now + interval_;
    limit_ = now + 64 * timers.t1;
    waiting_ = true;
  }
  /// The ACK has come, or nobody waits for it any more.
  void stop() { waiting_ = false; }

  [[nodiscard]] bool waiting() const { return waiting_; }
  [[nodiscard]] sip::server_tx tx() const { return tx_; }
  [[nodiscard]] time_point next_deadline() const {
    return waiting_ ? std::min(next_, limit_) : never;
  }
  /// What is due. Late by several intervals still means one repetition.
  [[nodiscard]] action due(time_point now) {
    if (!waiting_) return action::nothing;
    if (now >= limit_) {
      waiting_ = false;
      return action::give_up;
    }
    if (now < next_) return action::nothing;
    while (next_ <= now) {
      interval_ = std::min(2 * interval_, longest_);
      next_ += interval_;
    }
    return action::repeat;
  }

 private:
  sip::server_tx tx_{};
  duration interval_{}, longest_{};
  time_point next_ = never, limit_ = never;
  bool waiting_ = false;
};

}  // namespace sipvoice::call
