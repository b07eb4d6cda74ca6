// Packets as a capture file holds them: classic pcap with nanoseconds, link type RAW (the packet
// begins with its IP header). IP, UDP and TCP headers are made here: the sockets never show them.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "sipvoice/base/address.hpp"
#include "sipvoice/base/bytes.hpp"
#include "sipvoice/base/time.hpp"

namespace sipvoice::io {

inline constexpr std::size_t pcap_header_size = 24;
inline constexpr std::size_t pcap_record_header_size = 16;
/// Of record, IP (version 6) and TCP headers together.
inline constexpr std::size_t max_pcap_overhead = pcap_record_header_size + 40 + 20;
/// The longest payload that fits into an IPv4 datagram.
inline constexpr std::size_t max_pcap_payload = 65535 - 20 - 8;
/// Of one segment as it is written here.
inline constexpr std::size_t max_pcap_segment = 32768;

/// The file's header, in big-endian order.
[[nodiscard]] std::array<std::uint8_t, pcap_header_size> pcap_file_header();

/// Writes one record into `out`, which has room for payload.size() + max_pcap_overhead; returns its
/// length, 0 when the payload is too long. Addresses of different families become IPv6 (mapped).
std::size_t make_pcap_record(std::span<std::uint8_t> out, const socket_address& from,
                             const socket_address& to, byte_view payload, wall_time when);

/// Where a segment stands in the two streams of its connection.
struct tcp_place {
  std::uint32_t sequence = 0, acknowledged = 0;
};
/// The same for a segment of a TCP connection, of at most max_pcap_segment bytes.
std::size_t make_pcap_segment(std::span<std::uint8_t> out, const socket_address& from,
                              const socket_address& to, const tcp_place& place, byte_view payload,
                              wall_time when);

/// Time of the record that begins at `record`, and its whole length.
[[nodiscard]] wall_time pcap_record_time(const std::uint8_t* record);
[[nodiscard]] std::size_t pcap_record_length(const std::uint8_t* record);

}  // namespace sipvoice::io
