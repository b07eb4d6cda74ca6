#include "sipvoice/rtp/rtcp.hpp"

#include <algorithm>

namespace sipvoice::rtp {
namespace {

enum packet_kind : std::uint8_t {
  sender_report = 200,
  receiver_report = 201,
  source_description = 202,
  goodbye = 203
};
constexpr std::size_t head_bytes = 4, info_bytes = 20, word = 4;
constexpr std::uint8_t item_end = 0, item_cname = 1;
constexpr std::size_t longest_cname = 255;

bool read_report(const rtcp_reader& to, byte_view body, std::size_t count, bool with_info) {
  const std::size_t fixed = word + (with_info ? info_bytes : 0);
  if (body.size() < fixed + count * rtcp_report::block_bytes) return false;
  rtcp_report report;
  report.sender = ssrc{read_u32(body.data())};
  if (with_info) {
    const std::uint8_t* p = body.data() + word;
    report.info = sender_info{(std::uint64_t{read_u32(p)} << 32) | read_u32(p + 4),
                              rtp_timestamp{read_u32(p + 8)}, read_u32(p + 12), read_u32(p + 16)};
  }
  report.blocks = body.subspan(fixed, count * rtcp_report::block_bytes);
  if (to.report) to.report(report);
  return true;
}

/// One chunk of an SDES (section 6.5); its length, or nothing where an item runs over the end.
std::optional<std::size_t> read_chunk(const rtcp_reader& to, byte_view chunk) {
  if (chunk.size() < word) return std::nullopt;
  const ssrc source{read_u32(chunk.data())};
  std::size_t at = word;
  while (at < chunk.size() && chunk[at] != item_end) {
    if (at + 2 > chunk.size() || at + 2 + chunk[at + 1] > chunk.size()) return std::nullopt;
    const byte_view text = chunk.subspan(at + 2, chunk[at + 1]);
    if (chunk[at] == item_cname && to.name) to.name({source, as_text(text)});
    at += 2 + text.size();
  }
  // At least one null ends the items, and the chunk fills whole words.
  const std::size_t end = at / word * word + word;
  if (at >= chunk.size() || end > chunk.size()) return std::nullopt;
  return end;
}

bool read_description(const rtcp_reader& to, byte_view body, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const auto length = read_chunk(to, body);
    if (!length) return false;
    body = body.subspan(*length);
  }
  return true;
}

bool read_goodbye(const rtcp_reader& to, byte_view body, std::size_t count) {
  if (body.size() < count * word) return false;
  for (std::size_t i = 0; i < count; ++i)
    if (to.bye) to.bye({ssrc{read_u32(body.data() + i * word)}});
  return true;
}

void put_u16(std::vector<std::uint8_t>& out, std::uint32_t v) {
  out.push_back(static_cast<std::uint8_t>(v >> 8));
  out.push_back(static_cast<std::uint8_t>(v));
}
void put_u32(std::vector<std::uint8_t>& out, std::uint32_t v) {
  put_u16(out, v >> 16);
  put_u16(out, v & 0xffff);
}

/// Begins a packet; end_packet() writes its length in words less one.
std::size_t begin_packet(std::vector<std::uint8_t>& out, packet_kind kind, std::size_t count) {
  const std::size_t start = out.size();
  out.push_back(static_cast<std::uint8_t>(0x80 | count));
  out.push_back(kind);
  put_u16(out, 0);
  return start;
}
void end_packet(std::vector<std::uint8_t>& out, std::size_t start) {
  const std::size_t words = (out.size() - start) / word - 1;
  write_u16(out.data() + start + 2, static_cast<std::uint16_t>(words));
}

void put_block(std::vector<std::uint8_t>& out, const report_block& b) {
  put_u32(out, static_cast<std::uint32_t>(b.source));
  put_u32(out, (std::uint32_t{b.fraction_lost} << 24) |
                   (static_cast<std::uint32_t>(b.cumulative_lost) & 0xffffff));
  put_u32(out, b.extended_highest);
  put_u32(out, b.jitter);
  put_u32(out, b.last_sr);
  put_u32(out, b.delay_since_last_sr);
}

}  // namespace

bool is_rtcp_compound(byte_view datagram) {
  if (datagram.size() < head_bytes) return false;
  if (datagram[1] != sender_report && datagram[1] != receiver_report) return false;
  for (byte_view rest = datagram; !rest.empty();) {
    if (rest.size() < head_bytes || (rest[0] >> 6) != 2) return false;
    const std::size_t length = word * (std::size_t{read_u16(rest.data() + 2)} + 1);
    if (length > rest.size()) return false;
    const bool padded = (rest[0] & 0x20) != 0;
    if (padded && length != rest.size()) return false;
    rest = rest.subspan(length);
  }
  return true;
}

report_block rtcp_report::block(std::size_t index) const {
  const std::uint8_t* p = blocks.data() + index * block_bytes;
  report_block b;
  b.source = ssrc{read_u32(p)};
  const std::uint32_t loss = read_u32(p + 4);
  b.fraction_lost = static_cast<std::uint8_t>(loss >> 24);
  // 24 bits with a sign.
  b.cumulative_lost = static_cast<std::int32_t>(loss << 8) >> 8;
  b.extended_highest = read_u32(p + 8);
  b.jitter = read_u32(p + 12);
  b.last_sr = read_u32(p + 16);
  b.delay_since_last_sr = read_u32(p + 20);
  return b;
}

bool rtcp_reader::read(byte_view compound) const {
  if (!is_rtcp_compound(compound)) return false;
  for (byte_view rest = compound; !rest.empty();) {
    const std::size_t length = word * (std::size_t{read_u16(rest.data() + 2)} + 1);
    byte_view body = rest.subspan(head_bytes, length - head_bytes);
    if ((rest[0] & 0x20) != 0) {  // the last byte counts the padding
      const std::size_t padding = body.empty() ? 0 : body.back();
      if (padding == 0 || padding > body.size()) return false;
      body = body.first(body.size() - padding);
    }
    const std::size_t count = rest[0] & 0x1f;
    bool good = true;
    switch (rest[1]) {
      case sender_report:
      case receiver_report:
        good = read_report(*this, body, count, rest[1] == sender_report);
        break;
      case source_description:
        good = read_description(*this, body, count);
        break;
      case goodbye:
        good = read_goodbye(*this, body, count);
        break;
      default:
        break;
    }
    if (!good) return false;
    rest = rest.subspan(length);
  }
  return true;
}

void print_rtcp(std::vector<std::uint8_t>& out, ssrc sender, const std::optional<sender_info>& info,
                const std::optional<report_block>& block, std::string_view cname, bool bye) {
  out.clear();
  const auto own = static_cast<std::uint32_t>(sender);
  std::size_t start = begin_packet(out, info ? sender_report : receiver_report, block ? 1 : 0);
  put_u32(out, own);
  if (info) {
    put_u32(out, static_cast<std::uint32_t>(info->ntp >> 32));
    put_u32(out, static_cast<std::uint32_t>(info->ntp));
    put_u32(out, info->timestamp.value);
    put_u32(out, info->packets);
    put_u32(out, info->octets);
  }
  if (block) put_block(out, *block);
  end_packet(out, start);

  cname = cname.substr(0, longest_cname);
  start = begin_packet(out, source_description, 1);
  put_u32(out, own);
  out.push_back(item_cname);
  out.push_back(static_cast<std::uint8_t>(cname.size()));
  out.insert(out.end(), cname.begin(), cname.end());
  do out.push_back(item_end);
  while ((out.size() - start) % word != 0);
  end_packet(out, start);

  if (!bye) return;
  start = begin_packet(out, goodbye, 1);
  put_u32(out, own);
  end_packet(out, start);
}

}  // namespace sipvoice::rtp
