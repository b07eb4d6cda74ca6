// The headers of session timers (RFC 4028 sections 4 and 5). Times are in seconds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sipvoice/base/result.hpp"

namespace sipvoice::sip {

/// Which side of the request that carries it refreshes the session.
enum class refresher : std::uint8_t { uac, uas };

struct session_expires {
  std::uint32_t seconds = 0;
  std::optional<sip::refresher> refresher{};  ///< nothing: left to the other side
  [[nodiscard]] static result<session_expires> parse(std::string_view value);
  [[nodiscard]] std::string text() const;
};

struct min_se {
  /// What stands for a missing Min-SE, and the least that one may say (RFC 4028 section 5).
  static constexpr std::uint32_t least = 90;
  std::uint32_t seconds = least;
  [[nodiscard]] static result<min_se> parse(std::string_view value);
};

}  // namespace sipvoice::sip
