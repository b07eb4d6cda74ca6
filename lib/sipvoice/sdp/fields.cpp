#include "sipvoice/sdp/fields.hpp"

namespace sipvoice::sdp {

namespace {
constexpr std::uint64_t largest32 = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t largest64 = std::numeric_limits<std::uint64_t>::max();

bool origin_number(std::string_view s, std::uint64_t& out) {
  const bool negative = s.size() > 1 && s.front() == '-';
  const auto n = saturating_decimal(negative ? s.substr(1) : s, largest64);
  out = n && !negative ? *n : 0;
  return n.has_value();
}

// The last word of `rest` and the spaces before it; nothing when it is the only one.
std::string_view take_last_word(std::string_view& rest) {
  std::size_t begin = rest.size();
  while (begin > 0 && !is_space(rest[begin - 1])) --begin;
  if (begin == 0) return {};
  const std::string_view word = rest.substr(begin);
  while (begin > 0 && is_space(rest[begin - 1])) --begin;
  rest = rest.substr(0, begin);
  return word;
}

bool is_address_type(std::string_view type, bool& v6) {
  if (is(type, "IP4") || iequals(type, "IP4")) return v6 = false, true;
  return v6 = iequals(type, "IP6");
}
}  // namespace

bool parse_connection(std::string_view value, connection& out) {
  const std::string_view net = take_word(value), type = take_word(value);
  const std::string_view text = take_word(value);
  if (text.empty() || !value.empty() || !iequals(net, "IN") || !is_address_type(type, out.v6))
    return false;
  out.text = text;
  const auto address = ip_address::parse(text.substr(0, text.find('/')));
  if (address)
    out.address = *address;
  else
    out.address.reset();
  return true;
}

bool parse_origin(std::string_view value, origin& out) {
  std::string_view rest = trim(value);
  out.address_text = take_last_word(rest);
  const std::string_view type = take_last_word(rest), net = take_last_word(rest);
  const std::string_view version = take_last_word(rest), id = take_last_word(rest);
  bool v6 = false;
  if (id.empty() || rest.empty() || !iequals(net, "IN") || !is_address_type(type, v6)) return false;
  out.username = rest;
  return origin_number(id, out.session_id) && origin_number(version, out.version);
}

std::optional<direction> parse_direction(std::string_view name) {
  if (is(name, "sendrecv")) return direction::both;
  if (is(name, "sendonly")) return direction::send_only;
  if (is(name, "recvonly")) return direction::receive_only;
  if (is(name, "inactive")) return direction::inactive;
  return std::nullopt;
}

bool parse_rtpmap(std::string_view value, format_view& out) {
  std::string_view rest = trim(value);
  const char* p = rest.data();
  const char* const end = p + rest.size();
  while (p != end && is_token_char(*p)) ++p;
  if (p == rest.data() || p == end || *p != '/') return false;
  const std::string_view encoding(rest.data(), static_cast<std::size_t>(p - rest.data()));
  const char* const digits = ++p;
  std::uint64_t clock = 0;
  for (; p != end && is_digit(*p) && clock <= largest32; ++p)
    clock = clock * 10 + static_cast<std::uint64_t>(*p - '0');
  if (p == digits || clock == 0 || clock > largest32) return false;
  std::uint64_t channels = 1;
  if (p != end) {
    if (*p != '/') return false;
    const auto n = parse_decimal({p + 1, static_cast<std::size_t>(end - p - 1)}, max_channels);
    if (!n || *n == 0) return false;
    channels = *n;
  }
  out.encoding = encoding;
  out.clock_rate = static_cast<std::uint32_t>(clock);
  out.channels = static_cast<std::uint32_t>(channels);
  return true;
}

bool is_rtp(std::string_view protocol) {
  if (is(protocol, "RTP/AVP")) return true;
  const std::size_t at = protocol.size() > 8 ? protocol.rfind("RTP/") : 0;
  return at != std::string_view::npos && iequals(protocol.substr(at, 4), "RTP/");
}

bool parse_media_line(std::string_view value, media& out) {
  out.type = take_word(value);
  const std::string_view port = take_word(value);
  out.protocol = take_word(value);
  if (out.protocol.empty()) return false;
  while (!value.empty() && is_space(value.back())) value.remove_suffix(1);
  out.tokens = value;
  std::string_view count = port;
  std::string_view first = take_until(count, '/');
  const bool negative = first.size() > 1 && first.front() == '-';
  if (negative) first.remove_prefix(1);
  const auto number = saturating_decimal(first, largest32);
  if (!number) return false;
  out.port = static_cast<std::uint32_t>(negative ? largest32 : *number);
  if (first.size() + (negative ? 1 : 0) == port.size()) return true;
  const auto n = saturating_decimal(count, largest32);
  if (!n || *n == 0) return false;
  out.port_count = static_cast<std::uint32_t>(*n);
  return true;
}

int line_rank(char type) {
  constexpr std::string_view order = "iuepcbtrzk";
  const std::size_t at = order.find(type);
  return static_cast<int>(at == std::string_view::npos ? order.size() : at);
}

}  // namespace sipvoice::sdp
