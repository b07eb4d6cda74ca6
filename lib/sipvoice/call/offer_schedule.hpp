// When an offer of ours goes out again after it met the peer's (RFC 3261 section 14.1).
#pragma once

#include "sipvoice/base/random.hpp"
#include "sipvoice/base/time.hpp"

namespace sipvoice::call {

class offer_schedule {
 public:
  /// Offers that are refused with 491 or 500 in a row; then the wish is dropped.
  static constexpr int max_tries = 8;

  /// Something is to be offered, as soon as it may.
  void want() { wanted_ = true; }
  [[nodiscard]] bool is_wanted() const { return wanted_; }
  /// To be offered now, as far as this object knows.
  [[nodiscard]] bool is_ready() const { return wanted_ && at_ == never; }
  /// It is on its way.
  void sent() { wanted_ = false; }
  /// It was taken, or refused for good.
  void done() { tries_ = 0; }
  /// 491: again after 2.1 to 4 s for the owner of the Call-ID, else after 0 to 2 s, in steps of
  /// 10 ms. False: it was tried often enough.
  bool glare(bool owns_call_id, random_source& random, time_point now) {
    const std::uint64_t steps = owns_call_id ? 210 + random.below(191) : random.below(201);
    return again(now + std::chrono::milliseconds(10 * steps));
  }
  /// 500 with Retry-After.
  bool again(time_point at) {
    if (++tries_ > max_tries) {
      tries_ = 0;
      return false;
    }
    wanted_ = true;
    at_ = at;
    return true;
  }

  [[nodiscard]] time_point next_deadline() const { return at_; }
  void handle_timeout(time_point now) {
    if (now >= at_) at_ = never;
  }
  void stop() { *this = {}; }

 private:
  bool wanted_ = false;
  time_point at_ = never;  ///< not before
  int tries_ = 0;
};

}  // namespace sipvoice::call
