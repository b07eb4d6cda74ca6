#include <array>
#include <tuple>

#include "sipvoice/base/text.hpp"
#include "sipvoice/sdp/fields.hpp"

namespace sipvoice::sdp {

namespace {

constexpr unsigned bits(direction d) { return static_cast<unsigned>(d); }

struct static_row {
  std::uint8_t payload_type;
  std::string_view encoding;
  std::uint32_t clock_rate;
  std::uint32_t channels;
};

// RFC 3551 tables 4 and 5. G722 has an RTP clock of 8000 for historical reasons (section 4.5.2).
constexpr std::array<static_row, 24> static_rows{{
    {0, "PCMU", 8000, 1},   {3, "GSM", 8000, 1},    {4, "G723", 8000, 1},   {5, "DVI4", 8000, 1},
    {6, "DVI4", 16000, 1},  {7, "LPC", 8000, 1},    {8, "PCMA", 8000, 1},   {9, "G722", 8000, 1},
    {10, "L16", 44100, 2},  {11, "L16", 44100, 1},  {12, "QCELP", 8000, 1}, {13, "CN", 8000, 1},
    {14, "MPA", 90000, 1},  {15, "G728", 8000, 1},  {16, "DVI4", 11025, 1}, {17, "DVI4", 22050, 1},
    {18, "G729", 8000, 1},  {25, "CelB", 90000, 1}, {26, "JPEG", 90000, 1}, {28, "nv", 90000, 1},
    {31, "H261", 90000, 1}, {32, "MPV", 90000, 1},  {33, "MP2T", 90000, 1}, {34, "H263", 90000, 1},
}};

}  // namespace

direction mirrored(direction d) {
  return static_cast<direction>(((bits(d) & 1U) << 1) | ((bits(d) & 2U) >> 1));
}

direction both_allow(direction a, direction b) { return static_cast<direction>(bits(a) & bits(b)); }

std::string_view name_of(direction d) {
  switch (d) {
    case direction::inactive:
      return "inactive";
    case direction::send_only:
      return "sendonly";
    case direction::receive_only:
      return "recvonly";
    case direction::both:
      break;
  }
  return "sendrecv";
}

bool same_codec(const format_view& a, const format_view& b) {
  return a.clock_rate == b.clock_rate && a.channels == b.channels &&
         iequals(a.encoding, b.encoding);
}

std::optional<std::uint32_t> fmtp_number(std::string_view fmtp, std::string_view name) {
  while (!fmtp.empty()) {
    std::string_view value = trim(take_until(fmtp, ';'));
    if (!iequals(trim(take_until(value, '=')), name)) continue;
    if (const auto number = parse_decimal(trim(value), 0xffffffffU))
      return static_cast<std::uint32_t>(*number);
  }
  return std::nullopt;
}

bool fill_static(format_view& f) {
  for (const static_row& row : static_rows)
    if (row.payload_type == f.payload_type) {
      f.encoding = row.encoding;
      f.clock_rate = row.clock_rate;
      f.channels = row.channels;
      return true;
    }
  return false;
}

std::optional<format> static_format(std::uint8_t payload_type) {
  format_view f;
  f.payload_type = payload_type;
  if (!fill_static(f)) return std::nullopt;
  return f.copy();
}

direction session_description::direction_of(const sdp::media& m) const {
  if (m.direction_line) return *m.direction_line;
  return direction_line.value_or(direction::both);
}

const connection* session_description::connection_of(const sdp::media& m) const {
  if (m.connection_line) return &*m.connection_line;
  return connection_line ? &*connection_line : nullptr;
}

bool operator==(const media& a, const media& b) {
  std::string_view left = a.tokens, right = b.tokens;
  while (!left.empty() || !right.empty())
    if (take_word(left) != take_word(right)) return false;
  const auto fields = [](const media& m) {
    return std::tie(m.type, m.port, m.port_count, m.protocol, m.formats, m.connection_line,
                    m.direction_line, m.ptime_ms, m.maxptime_ms, m.rtcp_port, m.rtcp_mux, m.other,
                    m.other_lines, m.rtcp_connection);
  };
  return fields(a) == fields(b);
}

}  // namespace sipvoice::sdp
