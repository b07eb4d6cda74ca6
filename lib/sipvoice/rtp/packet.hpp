// The RTP packet of RFC 3550 section 5.1: a view into a datagram, and a header for what we send.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "sipvoice/base/bytes.hpp"
#include "sipvoice/base/result.hpp"
#include "sipvoice/base/wrapping.hpp"

namespace sipvoice::rtp {

inline constexpr std::size_t header_bytes = 12;  ///< without CSRC list and extension
inline constexpr std::uint8_t version = 2;

/// The fixed header. What we print has no padding, extension or CSRC.
struct packet_header {
  bool marker = false;
  payload_type type{};
  sequence_number sequence{};
  rtp_timestamp timestamp{};
  ssrc source{};
  friend bool operator==(const packet_header&, const packet_header&) = default;
};

/// Section 5.3.1: one extension, whatever its profile.
struct header_extension {
  std::uint16_t profile = 0;
  byte_view data;  ///< whole 32-bit words
};

/// A parsed packet. All views point into the datagram.
struct packet {
  packet_header header;
  std::uint8_t csrc_count = 0;
  byte_view csrc_list;  ///< 4 bytes each
  std::optional<header_extension> extension;
  byte_view payload;               ///< without padding
  std::uint8_t padding_bytes = 0;  ///< the count byte included; 0: the padding bit is clear

  [[nodiscard]] ssrc csrc(std::size_t index) const {
    return ssrc{read_u32(csrc_list.data() + 4 * index)};
  }
};

/// Fails for another version, or where CSRC list, extension or padding are longer than the
/// datagram.
[[nodiscard]] result<packet> parse(byte_view datagram);

/// Writes the fixed header.
void print(const packet_header& header, std::span<std::uint8_t, header_bytes> out);

}  // namespace sipvoice::rtp
