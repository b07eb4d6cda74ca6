// Values of single SDP lines (RFC 8866 section 5): private to parsing.
#pragma once

#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "sipvoice/sdp/session_description.hpp"

namespace sipvoice::sdp {

/// Packet times outside 1..max are no packet times: the attribute is kept, but not understood.
inline constexpr std::uint32_t max_ptime_ms = 10000;
/// Channels of an rtpmap outside 1..max are not understood.
inline constexpr std::uint32_t max_channels = 255;

/// Words between spaces and tabs; nothing when there are more than `max`.
[[nodiscard]] std::optional<std::vector<std::string_view>> words(std::string_view s,
                                                                 std::size_t max);
/// Takes the first word and the spaces around it off `rest`.
[[nodiscard]] std::string_view take_word(std::string_view& rest);

/// All digits; a number above `max` becomes `max`.
[[nodiscard]] std::optional<std::uint64_t> saturating_decimal(std::string_view s,
                                                              std::uint64_t max);

/// RFC 8866 5.7: nettype addrtype connection-address.
[[nodiscard]] std::optional<connection> parse_connection(std::string_view value);
/// 5.2. A username with spaces is tolerated, and a session id or version with a sign is read as 0.
[[nodiscard]] std::optional<origin> parse_origin(std::string_view value);
/// 5.14, without the attributes that follow. `what` names the fault.
[[nodiscard]] std::optional<media> parse_media_line(std::string_view value, const char*& what);
[[nodiscard]] std::optional<direction> parse_direction(std::string_view name);
/// Of the text after "rtpmap:PT ".
[[nodiscard]] std::optional<format> parse_rtpmap(std::uint8_t payload_type, std::string_view value);
[[nodiscard]] std::optional<std::uint8_t> parse_payload_type(std::string_view s);
/// RTP/AVP and its relations: formats are payload types.
[[nodiscard]] bool is_rtp(std::string_view protocol);

/// Place of a line in the order of RFC 8866 section 5, for lines that are kept whole.
[[nodiscard]] int line_rank(char type);

}  // namespace sipvoice::sdp
