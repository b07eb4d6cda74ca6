// RTCP packets (RFC 3550 section 6): a compound datagram read as views, and ours printed.
//
// Reading never copies: blocks are decoded when asked for. Extended reports, feedback and
// application packets (RFC 3611, 4585) are stepped over.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "sipvoice/base/bytes.hpp"
#include "sipvoice/base/wrapping.hpp"

namespace sipvoice::rtp {

/// The header checks of RFC 3550 A.2: version 2 throughout, a report first, padding only in the
/// last packet, lengths that add up to the datagram.
[[nodiscard]] bool is_rtcp_compound(byte_view datagram);
/// RFC 5761 section 4: where RTP and RTCP share a port, the second byte tells them apart.
[[nodiscard]] constexpr bool is_rtcp_by_type(byte_view datagram) {
  return datagram.size() >= 2 && datagram[1] >= 192 && datagram[1] <= 223;
}

/// Section 6.4.1: when and how much a sender has sent.
struct sender_info {
  std::uint64_t ntp = 0;  ///< 32.32 seconds of any clock of the sender's
  rtp_timestamp timestamp;
  std::uint32_t packets = 0, octets = 0;  ///< payload octets; both wrap
  /// The 16.16 middle that comes back as LSR.
  [[nodiscard]] constexpr std::uint32_t middle() const {
    return static_cast<std::uint32_t>(ntp >> 16);
  }
};

/// What a receiver tells of one source.
struct report_block {
  ssrc source{};
  std::uint8_t fraction_lost = 0;         ///< of 256, since the report before
  std::int32_t cumulative_lost = 0;       ///< 24 bits, signed
  std::uint32_t extended_highest = 0;     ///< sequence number with its wraps
  std::uint32_t jitter = 0;               ///< RTP ticks
  std::uint32_t last_sr = 0;              ///< sender_info::middle() of the last SR; 0: none came
  std::uint32_t delay_since_last_sr = 0;  ///< 1/65536 s
};

/// SR or RR.
struct rtcp_report {
  ssrc sender{};
  std::optional<sender_info> info;  ///< of an SR
  byte_view blocks;                 ///< whole blocks
  [[nodiscard]] std::size_t count() const { return blocks.size() / block_bytes; }
  [[nodiscard]] report_block block(std::size_t index) const;
  static constexpr std::size_t block_bytes = 24;
};
/// One source's CNAME.
struct rtcp_name {
  ssrc source{};
  std::string_view cname;
};
struct rtcp_bye {
  ssrc source{};
};

/// Called in the order of the datagram. False: is_rtcp_compound() or an inner length does not hold;
/// what stands before the fault has been told.
struct rtcp_reader {
  std::function<void(const rtcp_report&)> report = {};
  std::function<void(const rtcp_name&)> name = {};
  std::function<void(const rtcp_bye&)> bye = {};
  [[nodiscard]] bool read(byte_view compound) const;
};

/// A compound packet of ours: SR (with `info`) or RR, SDES with the CNAME, and BYE. Replaces what
/// `out` holds and keeps its memory.
void print_rtcp(std::vector<std::uint8_t>& out, ssrc sender, const std::optional<sender_info>& info,
                const std::optional<report_block>& block, std::string_view cname, bool bye);

}  // namespace sipvoice::rtp
