// The only place of the real shell that asks for the time.
#pragma once

#include "sipvoice/base/time.hpp"

namespace sipvoice::io {

/// CLOCK_MONOTONIC; the same epoch as std::chrono::steady_clock.
[[nodiscard]] time_point monotonic_now();
/// CLOCK_REALTIME, UTC.
[[nodiscard]] wall_time wall_now();
/// Both at one moment (within what two system clock readings take).
[[nodiscard]] clock_reading read_clock();
/// Blocks until `when`; signals do not shorten it. Absolute, so that lateness never adds up.
void sleep_until(time_point when);

}  // namespace sipvoice::io
