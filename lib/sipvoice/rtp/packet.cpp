#include "sipvoice/rtp/packet.hpp"

namespace sipvoice::rtp {
namespace {

constexpr std::uint8_t padding_bit = 0x20, extension_bit = 0x10, marker_bit = 0x80;

/// Takes the extension off the front of `rest`.
result<header_extension> take_extension(byte_view& rest, std::size_t offset) {
  constexpr std::size_t head = 4;
  if (rest.size() < head) return failure{"rtp extension header is cut off", offset};
  header_extension extension;
  extension.profile = read_u16(rest.data());
  const std::size_t length = std::size_t{4} * read_u16(rest.data() + 2);
  if (rest.size() - head < length)
    return failure{"rtp extension is longer than the packet", offset};
  extension.data = rest.subspan(head, length);
  rest = rest.subspan(head + length);
  return extension;
}

}  // namespace

result<packet> parse(byte_view datagram) {
  if (datagram.size() < header_bytes) return failure{"shorter than an rtp header", 0};
  const std::uint8_t* p = datagram.data();
  if ((p[0] >> 6) != version) return failure{"not rtp version 2", 0};

  packet out;
  out.header.marker = (p[1] & marker_bit) != 0;
  out.header.type = payload_type{static_cast<std::uint8_t>(p[1] & 0x7f)};
  out.header.sequence = sequence_number{read_u16(p + 2)};
  out.header.timestamp = rtp_timestamp{read_u32(p + 4)};
  out.header.source = ssrc{read_u32(p + 8)};
  out.csrc_count = p[0] & 0x0f;

  byte_view rest = datagram.subspan(header_bytes);
  const std::size_t csrc_bytes = std::size_t{4} * out.csrc_count;
  if (rest.size() < csrc_bytes) return failure{"rtp csrc list is longer than the packet", 12};
  out.csrc_list = rest.first(csrc_bytes);
  rest = rest.subspan(csrc_bytes);

  if ((p[0] & extension_bit) != 0) {
    const auto extension = take_extension(rest, header_bytes + csrc_bytes);
    if (!extension) return extension.error();
    out.extension = *extension;
  }
  if ((p[0] & padding_bit) != 0) {
    // Section 5.1: the last byte counts the padding, itself included.
    if (rest.empty()) return failure{"rtp padding without a count", datagram.size()};
    out.padding_bytes = rest.back();
    if (out.padding_bytes == 0 || out.padding_bytes > rest.size())
      return failure{"rtp padding is longer than the packet", datagram.size() - 1};
    rest = rest.first(rest.size() - out.padding_bytes);
  }
  out.payload = rest;
  return out;
}

void print(const packet_header& header, std::span<std::uint8_t, header_bytes> out) {
  out[0] = static_cast<std::uint8_t>(version << 6);
  out[1] = static_cast<std::uint8_t>((header.marker ? marker_bit : 0) |
                                     static_cast<std::uint8_t>(header.type));
  write_u16(out.data() + 2, header.sequence.value);
  write_u32(out.data() + 4, header.timestamp.value);
  write_u32(out.data() + 8, static_cast<std::uint32_t>(header.source));
}

}  // namespace sipvoice::rtp
