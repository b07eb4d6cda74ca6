#include "sipvoice/sdp/fields.hpp"

#include <algorithm>

#include "sipvoice/base/text.hpp"

namespace sipvoice::sdp {

namespace {
constexpr std::uint64_t largest32 = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t largest64 = std::numeric_limits<std::uint64_t>::max();

std::optional<std::uint64_t> origin_number(std::string_view s) {
  if (s.size() > 1 && s.front() == '-')
    return saturating_decimal(s.substr(1), largest64) ? std::optional<std::uint64_t>{0}
                                                      : std::nullopt;
  return saturating_decimal(s, largest64);
}
}  // namespace

std::string_view take_word(std::string_view& rest) {
  while (!rest.empty() && is_space(rest.front())) rest.remove_prefix(1);
  std::size_t n = 0;
  while (n < rest.size() && !is_space(rest[n])) ++n;
  const std::string_view word = rest.substr(0, n);
  rest.remove_prefix(n);
  while (!rest.empty() && is_space(rest.front())) rest.remove_prefix(1);
  return word;
}

std::optional<std::vector<std::string_view>> words(std::string_view s, std::size_t max) {
  std::vector<std::string_view> out;
  for (;;) {
    const std::string_view word = take_word(s);
    if (word.empty()) return out;
    if (out.size() == max) return std::nullopt;
    out.push_back(word);
  }
}

std::optional<std::uint64_t> saturating_decimal(std::string_view s, std::uint64_t max) {
  if (s.empty() || !std::all_of(s.begin(), s.end(), is_digit)) return std::nullopt;
  return parse_decimal(s, max).value_or(max);
}

std::optional<connection> parse_connection(std::string_view value) {
  const auto w = words(value, 3);
  if (!w || w->size() != 3 || !iequals((*w)[0], "IN")) return std::nullopt;
  connection c;
  c.v6 = iequals((*w)[1], "IP6");
  if (!c.v6 && !iequals((*w)[1], "IP4")) return std::nullopt;
  c.text = (*w)[2];
  std::string_view host = (*w)[2];
  const auto address = ip_address::parse(take_until(host, '/'));
  if (address) c.address = *address;
  return c;
}

std::optional<origin> parse_origin(std::string_view value) {
  std::string_view rest = trim(value);
  std::string_view last[5];
  for (int i = 4; i >= 0; --i) {
    const std::size_t at = rest.find_last_of(" \t");
    if (at == std::string_view::npos) return std::nullopt;
    last[i] = rest.substr(at + 1);
    rest = trim(rest.substr(0, at));
  }
  if (rest.empty() || !iequals(last[2], "IN")) return std::nullopt;
  if (!iequals(last[3], "IP4") && !iequals(last[3], "IP6")) return std::nullopt;
  const auto id = origin_number(last[0]), version = origin_number(last[1]);
  if (!id || !version) return std::nullopt;
  origin o;
  o.username = rest;
  o.session_id = *id;
  o.version = *version;
  o.address_text = last[4];
  if (const auto address = ip_address::parse(last[4])) o.address = *address;
  return o;
}

std::optional<direction> parse_direction(std::string_view name) {
  for (const direction d :
       {direction::both, direction::send_only, direction::receive_only, direction::inactive})
    if (name == name_of(d)) return d;
  return std::nullopt;
}

std::optional<std::uint8_t> parse_payload_type(std::string_view s) {
  const auto n = parse_decimal(s, max_payload_type);
  if (!n) return std::nullopt;
  return static_cast<std::uint8_t>(*n);
}

std::optional<format> parse_rtpmap(std::uint8_t payload_type, std::string_view value) {
  std::string_view rest = trim(value);
  format f;
  f.payload_type = payload_type;
  f.encoding = take_until(rest, '/');
  const bool has_channels = rest.find('/') != std::string_view::npos;
  const auto clock = parse_decimal(take_until(rest, '/'), largest32);
  if (!is_token(f.encoding) || !clock || *clock == 0) return std::nullopt;
  f.clock_rate = static_cast<std::uint32_t>(*clock);
  if (has_channels) {
    const auto channels = parse_decimal(rest, max_channels);
    if (!channels || *channels == 0) return std::nullopt;
    f.channels = static_cast<std::uint32_t>(*channels);
  }
  return f;
}

bool is_rtp(std::string_view protocol) {
  const std::size_t at = protocol.size() > 8 ? protocol.rfind("RTP/") : 0;
  return at != std::string_view::npos && iequals(protocol.substr(at, 4), "RTP/");
}

std::optional<media> parse_media_line(std::string_view value, const char*& what) {
  what = "m= is not 'type port protocol format...'";
  const auto w = words(value, 3 + limits::max_formats);
  if (!w) {
    what = "too many formats in one m= line";
    return std::nullopt;
  }
  if (w->size() < 3) return std::nullopt;
  media m;
  m.type = (*w)[0];
  m.protocol = (*w)[2];
  std::string_view count = (*w)[1];
  std::string_view port = take_until(count, '/');
  const bool negative = port.size() > 1 && port.front() == '-';
  if (negative) port.remove_prefix(1);
  const auto number = saturating_decimal(port, largest32);
  if (!number) return std::nullopt;
  m.port = negative ? static_cast<std::uint32_t>(largest32) : static_cast<std::uint32_t>(*number);
  if ((*w)[1].find('/') != std::string_view::npos) {
    const auto n = saturating_decimal(count, largest32);
    if (!n || *n == 0) return std::nullopt;
    m.port_count = static_cast<std::uint32_t>(*n);
  }
  m.raw_formats.assign(w->begin() + 3, w->end());
  return m;
}

int line_rank(char type) {
  constexpr std::string_view order = "iuepcbtrzk";
  const std::size_t at = order.find(type);
  return static_cast<int>(at == std::string_view::npos ? order.size() : at);
}

}  // namespace sipvoice::sdp
