// Durations as people write them: a number and its unit.
#pragma once

#include <string_view>

#include "sipvoice/base/result.hpp"
#include "sipvoice/base/time.hpp"

namespace sipvoice::session {

inline constexpr duration longest_duration = std::chrono::hours(24 * 365);

/// "250ms", "5s", "1.5s", "2m", "1h", from zero up to `longest_duration`. A number without a unit
/// is a failure (it would be a guess), except "0".
[[nodiscard]] result<duration> parse_duration(std::string_view text);

}  // namespace sipvoice::session
