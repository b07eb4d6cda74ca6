// Has sound ever come, and does it still? The two media timeouts, each told once, and whether the
// peer has left by RTCP.
#pragma once

#include <algorithm>
#include <optional>

#include "sipvoice/media/values.hpp"

namespace sipvoice::media {

class activity {
 public:
  activity(duration inactivity, duration establishment, bool watched)
      : inactivity_(inactivity), establishment_(establishment), watched_(watched) {}

  /// The call is answered.
  void start(time_point now) {
    if (!started_) started_ = now;
  }
  /// A packet was accepted; true for the first one.
  bool packet(time_point arrived) {
    const bool first = !first_;
    if (first) first_ = arrived;
    last_ = std::max(last_, arrived);
    if (left_ && arrived > *left_ + stragglers) left_.reset();
    return first;
  }
  /// RTCP BYE. What goes on sending has only changed its SSRC (RFC 3550 section 8.2).
  void goodbye(time_point arrived) { left_ = arrived; }
  /// True once: the peer said BYE, and nothing has come since.
  [[nodiscard]] bool has_left(time_point now) {
    if (!left_ || now < *left_ + certainty) return false;
    left_.reset();
    return true;
  }
  /// Not watched: on hold, or the other side is not to send. Watching begins anew after it.
  void watch(bool on, time_point now) {
    if (on && !watched_) since_ = now;
    watched_ = on;
  }

  [[nodiscard]] time_point next_deadline() const {
    return std::min(silence_deadline(), left_ ? *left_ + certainty : never);
  }
  [[nodiscard]] std::optional<media_timed_out> handle_timeout(time_point now) {
    if (now < silence_deadline()) return std::nullopt;
    const bool never_started = !first_;
    (never_started ? never_told_ : stopped_told_) = true;
    return media_timed_out{never_started};
  }

  /// Of a moment, since the answer; 0 before it.
  [[nodiscard]] std::int64_t ms_since_start(time_point when) const {
    return started_ ? std::max<std::int64_t>(0, to_ms(when - *started_)) : 0;
  }
  [[nodiscard]] std::optional<double> first_packet_ms() const {
    if (!first_ || !started_) return std::nullopt;
    return std::max(0.0, std::chrono::duration<double, std::milli>(*first_ - *started_).count());
  }

 private:
  /// After a BYE: packets that it has overtaken, and how long nothing may come.
  static constexpr duration stragglers = std::chrono::milliseconds(100);
  static constexpr duration certainty = std::chrono::milliseconds(500);

  [[nodiscard]] time_point silence_deadline() const {
    if (!watched_ || !started_) return never;
    const time_point base = std::max(*started_, since_);
    if (!first_)
      return establishment_ > duration::zero() && !never_told_ ? base + establishment_ : never;
    return inactivity_ > duration::zero() && !stopped_told_ ? std::max(base, last_) + inactivity_
                                                            : never;
  }

  duration inactivity_, establishment_;
  bool watched_;
  std::optional<time_point> started_, first_;
  std::optional<time_point> left_;  ///< of the BYE that may be the end
  time_point last_{}, since_{};
  bool never_told_ = false, stopped_told_ = false;
};

}  // namespace sipvoice::media
