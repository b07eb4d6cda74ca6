// Time as protocol objects see it: a monotonic clock that has no now().
//
// Every protocol object is told the time by its caller (`now`) and tells the next moment at which
// it wants to be called again (`next_deadline()`). The shell that owns a real or a virtual clock is
// the only place where the time comes from.
#pragma once

#include <chrono>
#include <cstdint>

namespace sipvoice {

using duration = std::chrono::nanoseconds;

/// The monotonic clock of a shell. Deliberately without now(): see above.
struct monotonic {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<monotonic, duration>;
  static constexpr bool is_steady = true;
};
using time_point = monotonic::time_point;

/// "No deadline": later than every moment that can be reached.
inline constexpr time_point never = time_point::max();

/// Calendar time (UTC) in nanoseconds, for what a person or a file reads.
using wall_time = std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds>;

/// One simultaneous reading of both clocks; converts monotonic moments into calendar time.
struct clock_reading {
  time_point mono{};
  wall_time wall{};
  [[nodiscard]] wall_time at(time_point when) const { return wall + (when - mono); }
};

/// Whole milliseconds of a duration, rounded towards zero.
[[nodiscard]] constexpr std::int64_t to_ms(duration d) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}

}  // namespace sipvoice
