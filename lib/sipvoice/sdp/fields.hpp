// Values of single SDP lines (RFC 8866 section 5): private to parsing.
#pragma once

#include <cstring>
#include <limits>
#include <optional>
#include <string_view>

#include "sipvoice/base/text.hpp"
#include "sipvoice/sdp/session_description.hpp"

namespace sipvoice::sdp {

/// Packet times outside 1..max are no packet times: the attribute is kept, but not understood.
inline constexpr std::uint32_t max_ptime_ms = 10000;
/// Channels of an rtpmap outside 1..max are not understood.
inline constexpr std::uint32_t max_channels = 255;
inline constexpr unsigned no_payload_type = 256;

/// Equal to a literal: the length is known, so this is a comparison of words.
template <std::size_t n>
[[nodiscard]] inline bool is(std::string_view s, const char (&literal)[n]) {
  return s.size() == n - 1 && std::memcmp(s.data(), literal, n - 1) == 0;
}

/// Takes the first word and the spaces around it off `rest`.
[[nodiscard]] inline std::string_view take_word(std::string_view& rest) {
  const char* p = rest.data();
  const char* const end = p + rest.size();
  while (p != end && is_space(*p)) ++p;
  const char* const begin = p;
  while (p != end && !is_space(*p)) ++p;
  const std::string_view word(begin, static_cast<std::size_t>(p - begin));
  while (p != end && is_space(*p)) ++p;
  rest = {p, static_cast<std::size_t>(end - p)};
  return word;
}

/// All digits; a number above `max` becomes `max`.
[[nodiscard]] inline std::optional<std::uint64_t> saturating_decimal(std::string_view s,
                                                                     std::uint64_t max) {
  constexpr std::size_t safe_digits = 19;  // always fit
  if (s.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : s) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (s.size() > safe_digits) return parse_decimal(s, max).value_or(max);
  return value < max ? value : max;
}

/// 0 to 127, or a larger number for what is no payload type.
[[nodiscard]] inline unsigned parse_payload_type(std::string_view s) {
  unsigned value = 0;
  for (const char c : s) {
    if (!is_digit(c)) return no_payload_type;
    value = value * 10 + static_cast<unsigned>(c - '0');
    if (value > max_payload_type) return no_payload_type;
  }
  return s.empty() ? no_payload_type : value;
}

// Each fills `out` and returns true, or returns false.

/// RFC 8866 5.7: nettype addrtype connection-address.
[[nodiscard]] bool parse_connection(std::string_view value, connection& out);
/// 5.2. A username with spaces is tolerated, and a session id or version with a sign is read as 0.
[[nodiscard]] bool parse_origin(std::string_view value, origin& out);
/// 5.14 without formats and attributes: `tokens` is what stands behind the protocol.
[[nodiscard]] bool parse_media_line(std::string_view value, media& out);
/// Of the text after "rtpmap:PT ".
[[nodiscard]] bool parse_rtpmap(std::string_view value, format_view& out);
[[nodiscard]] std::optional<direction> parse_direction(std::string_view name);
/// RTP/AVP and its relations: formats are payload types.
[[nodiscard]] bool is_rtp(std::string_view protocol);

/// Place of a line in the order of RFC 8866 section 5, for lines that are kept whole.
[[nodiscard]] int line_rank(char type);

}  // namespace sipvoice::sdp
