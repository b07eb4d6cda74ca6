// RFC 3261 section 20.33:  Retry-After = delta-seconds [ comment ] *( SEMI retry-param )
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sipvoice::sip {

/// The seconds of a Retry-After; what a person may read behind them, and for how long they hold,
/// does not matter to anyone here. Nothing: there are none, or more than 2^32-1.
[[nodiscard]] std::optional<std::uint32_t> parse_retry_after(std::string_view value);

}  // namespace sipvoice::sip
