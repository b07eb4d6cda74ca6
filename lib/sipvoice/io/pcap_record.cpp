#include "sipvoice/io/pcap_record.hpp"

#include <algorithm>

namespace sipvoice::io {
namespace {

constexpr std::uint32_t magic_nanoseconds = 0xa1b23c4d;
constexpr std::uint32_t link_type_raw = 101;
constexpr std::uint32_t snap_length = 262144;
constexpr std::uint8_t protocol_tcp = 6, protocol_udp = 17;
constexpr std::size_t tcp_header_size = 20, udp_header_size = 8;

/// Adds 16-bit words, network order, as RFC 1071 section 1 has it; an odd last byte is padded.
std::uint32_t add_words(std::uint32_t sum, byte_view bytes) {
  std::size_t i = 0;
  for (; i + 1 < bytes.size(); i += 2) sum += read_u16(&bytes[i]);
  if (i < bytes.size()) sum += static_cast<std::uint32_t>(bytes[i]) << 8;
  return sum;
}

std::uint16_t finish(std::uint32_t sum) {
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

std::size_t put_ipv4(std::uint8_t* p, const ip_address& from, const ip_address& to,
                     std::uint8_t protocol, std::size_t length) {
  constexpr std::size_t size = 20;
  std::fill_n(p, size, std::uint8_t{0});
  p[0] = 0x45;  // version 4, five words
  write_u16(p + 2, static_cast<std::uint16_t>(size + length));
  write_u16(p + 6, 0x4000);  // do not fragment
  p[8] = 64;
  p[9] = protocol;
  std::copy_n(from.bytes().data() + 12, 4, p + 12);
  std::copy_n(to.bytes().data() + 12, 4, p + 16);
  write_u16(p + 10, finish(add_words(0, {p, size})));
  return size;
}

std::size_t put_ipv6(std::uint8_t* p, const ip_address& from, const ip_address& to,
                     std::uint8_t protocol, std::size_t length) {
  constexpr std::size_t size = 40;
  std::fill_n(p, size, std::uint8_t{0});
  p[0] = 0x60;
  write_u16(p + 4, static_cast<std::uint16_t>(length));
  p[6] = protocol;
  p[7] = 64;
  std::copy_n(from.bytes().data(), 16, p + 8);
  std::copy_n(to.bytes().data(), 16, p + 24);
  return size;
}

/// Over IPv6 with its pseudo header (RFC 8200 section 8.1).
std::uint16_t ipv6_checksum(const std::uint8_t* ip, std::uint8_t protocol, byte_view packet) {
  std::uint32_t sum = add_words(0, {ip + 8, 32});
  sum += static_cast<std::uint32_t>(packet.size()) + protocol;
  return finish(add_words(sum, packet));
}

/// Over IPv4 with its pseudo header (RFC 9293 section 3.1).
std::uint16_t ipv4_checksum(const std::uint8_t* ip, std::uint8_t protocol, byte_view packet) {
  std::uint32_t sum = add_words(0, {ip + 12, 8});
  sum += static_cast<std::uint32_t>(packet.size()) + protocol;
  return finish(add_words(sum, packet));
}

/// The record's own header before an IP packet of `length`; returns the length of all.
std::size_t finish_record(std::uint8_t* record, std::size_t length, wall_time when) {
  const auto since = when.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  write_u32(record, static_cast<std::uint32_t>(seconds.count()));
  write_u32(record + 4, static_cast<std::uint32_t>((since - seconds).count()));
  write_u32(record + 8, static_cast<std::uint32_t>(length));
  write_u32(record + 12, static_cast<std::uint32_t>(length));
  return pcap_record_header_size + length;
}

}  // namespace

std::array<std::uint8_t, pcap_header_size> pcap_file_header() {
  std::array<std::uint8_t, pcap_header_size> h{};
  write_u32(&h[0], magic_nanoseconds);
  write_u16(&h[4], 2);
  write_u16(&h[6], 4);
  write_u32(&h[16], snap_length);
  write_u32(&h[20], link_type_raw);
  return h;
}

std::size_t make_pcap_record(std::span<std::uint8_t> out, const socket_address& from,
                             const socket_address& to, byte_view payload, wall_time when) {
  if (payload.size() > max_pcap_payload || out.size() < payload.size() + max_pcap_overhead)
    return 0;
  const bool v6 = from.ip.is_v6() || to.ip.is_v6();
  const std::size_t udp_length = udp_header_size + payload.size();
  std::uint8_t* ip = out.data() + pcap_record_header_size;
  std::uint8_t* udp = ip + (v6 ? put_ipv6(ip, from.ip, to.ip, protocol_udp, udp_length)
                               : put_ipv4(ip, from.ip, to.ip, protocol_udp, udp_length));
  write_u16(udp, from.port);
  write_u16(udp + 2, to.port);
  write_u16(udp + 4, static_cast<std::uint16_t>(udp_length));
  write_u16(udp + 6, 0);  // over IPv4: no checksum
  std::copy(payload.begin(), payload.end(), udp + udp_header_size);
  if (v6) {  // there it is not optional, and zero is sent as all ones
    const std::uint16_t checksum = ipv6_checksum(ip, protocol_udp, {udp, udp_length});
    write_u16(udp + 6, checksum == 0 ? 0xffff : checksum);
  }
  return finish_record(out.data(), static_cast<std::size_t>(udp - ip) + udp_length, when);
}

std::size_t make_pcap_segment(std::span<std::uint8_t> out, const socket_address& from,
                              const socket_address& to, const tcp_place& place, byte_view payload,
                              wall_time when) {
  if (payload.size() > max_pcap_segment || out.size() < payload.size() + max_pcap_overhead)
    return 0;
  const bool v6 = from.ip.is_v6() || to.ip.is_v6();
  const std::size_t length = tcp_header_size + payload.size();
  std::uint8_t* ip = out.data() + pcap_record_header_size;
  std::uint8_t* tcp = ip + (v6 ? put_ipv6(ip, from.ip, to.ip, protocol_tcp, length)
                               : put_ipv4(ip, from.ip, to.ip, protocol_tcp, length));
  write_u16(tcp, from.port);
  write_u16(tcp + 2, to.port);
  write_u32(tcp + 4, place.sequence);
  write_u32(tcp + 8, place.acknowledged);
  write_u16(tcp + 12, 0x5018);  // five words; PSH and ACK
  write_u16(tcp + 14, 0xffff);  // window
  write_u32(tcp + 16, 0);       // checksum, not urgent
  std::copy(payload.begin(), payload.end(), tcp + tcp_header_size);
  const byte_view segment{tcp, length};
  write_u16(tcp + 16, v6 ? ipv6_checksum(ip, protocol_tcp, segment)
                         : ipv4_checksum(ip, protocol_tcp, segment));
  return finish_record(out.data(), static_cast<std::size_t>(tcp - ip) + length, when);
}

wall_time pcap_record_time(const std::uint8_t* record) {
  return wall_time(std::chrono::seconds(read_u32(record)) +
                   std::chrono::nanoseconds(read_u32(record + 4)));
}

std::size_t pcap_record_length(const std::uint8_t* record) {
  return pcap_record_header_size + read_u32(record + 8);
}

}  // namespace sipvoice::io
