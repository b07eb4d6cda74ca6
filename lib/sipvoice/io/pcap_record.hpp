// Packets as a capture file holds them: classic pcap with nanoseconds, link type RAW (the packet
// begins with its IP header). IP and UDP headers are made here: the sockets never show them.
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
/// Of record, IP (version 6) and UDP headers together.
inline constexpr std::size_t max_pcap_overhead = pcap_record_header_size + 40 + 8;
/// The longest payload that fits into an IPv4 datagram.
inline constexpr std::size_t max_pcap_payload = 65535 - 20 - 8;

/// The file's header, in big-endian order.
[[nodiscard]] std::array<std::uint8_t, pcap_header_size> pcap_file_header();

/// Writes one record into `out`, which has room for payload.size() + max_pcap_overhead; returns its
/// length, 0 when the payload is too long. Addresses of different families become IPv6 (mapped).
std::size_t make_pcap_record(std::span<std::uint8_t> out, const socket_address& from,
                             const socket_address& to, byte_view payload, wall_time when);

/// Time of the record that begins at `record`, and its whole length.
[[nodiscard]] wall_time pcap_record_time(const std::uint8_t* record);
[[nodiscard]] std::size_t pcap_record_length(const std::uint8_t* record);

}  // namespace sipvoice::io
