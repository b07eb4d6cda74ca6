// Formats and directions: the small values that offers and answers are made of.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sipvoice::sdp {

/// Seen from the one who wrote the description.
enum class direction : std::uint8_t { inactive = 0, send_only = 1, receive_only = 2, both = 3 };
/// What the answer to it says at most (RFC 3264 section 6.1): send_only <-> receive_only.
[[nodiscard]] direction mirrored(direction d);
/// What both allow.
[[nodiscard]] direction both_allow(direction a, direction b);
[[nodiscard]] std::string_view name_of(direction d);  ///< "sendrecv", "sendonly", ...

inline constexpr std::uint8_t max_payload_type = 127;
inline constexpr std::uint8_t first_dynamic_payload_type = 96;

/// One RTP format: payload type with its rtpmap and fmtp. What is agreed on is kept so, with texts
/// of its own.
struct format {
  std::uint8_t payload_type = 0;
  std::string encoding;  ///< "PCMU", as written; compared without case
  std::uint32_t clock_rate = 0;
  std::uint32_t channels = 1;
  std::string fmtp;  ///< parameters without the payload type; empty: none
  friend bool operator==(const format&, const format&) = default;
};

/// The same as it stands in a description: the texts belong to somebody else.
struct format_view {
  std::uint8_t payload_type = 0;
  std::uint32_t clock_rate = 0;
  std::uint32_t channels = 1;
  std::string_view encoding;
  std::string_view fmtp;

  format_view() = default;
  format_view(const format& f)  // NOLINT(google-explicit-constructor): a format is one
      : payload_type(f.payload_type),
        clock_rate(f.clock_rate),
        channels(f.channels),
        encoding(f.encoding),
        fmtp(f.fmtp) {}
  [[nodiscard]] format copy() const {
    return {payload_type, std::string(encoding), clock_rate, channels, std::string(fmtp)};
  }
  friend bool operator==(const format_view&, const format_view&) = default;
};

/// Encoding (without case), clock rate and channels are equal.
[[nodiscard]] bool same_codec(const format_view& a, const format_view& b);

/// The value of one parameter of an fmtp ("a=1; b=2") where it is a number; names without case.
[[nodiscard]] std::optional<std::uint32_t> fmtp_number(std::string_view fmtp,
                                                       std::string_view name);

/// The format of a static payload type of RFC 3551 (0 PCMU, 8 PCMA, 9 G722, 13 CN, ...), if it is
/// one.
[[nodiscard]] std::optional<format> static_format(std::uint8_t payload_type);
/// The same without texts of its own: fills in encoding, clock rate and channels. False: none.
[[nodiscard]] bool fill_static(format_view& f);

}  // namespace sipvoice::sdp
