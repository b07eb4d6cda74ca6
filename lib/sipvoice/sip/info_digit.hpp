// A DTMF digit in the body of an INFO: application/dtmf-relay and application/dtmf. Neither was
// ever a standard; this is what gateways and telephones send.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sipvoice/base/result.hpp"

namespace sipvoice::sip {

struct info_digit {
  /// 0-9 * # A-D. Nothing: an event that is no digit (a hook flash), which is only acknowledged.
  std::optional<char> digit;
  std::uint32_t duration_ms = default_duration_ms;

  static constexpr std::uint32_t default_duration_ms = 250;  ///< where the body says none
  static constexpr std::uint32_t max_duration_ms = 60'000;   ///< longer ones are cut to it
  static constexpr std::size_t max_body = 256;               ///< bytes

  /// application/dtmf-relay.
  [[nodiscard]] static result<info_digit> parse_relay(std::string_view body);
  /// application/dtmf: the digit alone.
  [[nodiscard]] static result<info_digit> parse_plain(std::string_view body);
};

/// A body of application/dtmf-relay.
[[nodiscard]] std::string print_dtmf_relay(char digit, std::uint32_t duration_ms);
/// 0-9 * # A-D, and nothing else.
[[nodiscard]] bool is_dtmf_digit(char c);

}  // namespace sipvoice::sip
