#include "sipvoice/base/address.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "sipvoice/base/text.hpp"

namespace sipvoice {
namespace {

constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

// IPv4address = 1*3DIGIT "." 1*3DIGIT "." 1*3DIGIT "." 1*3DIGIT
std::optional<std::uint32_t> parse_quad(std::string_view text) {
  const char* p = text.data();
  const char* const end = p + text.size();
  std::uint32_t value = 0;
  for (int part = 0; part < 4; ++part) {
    if (part != 0 && (p == end || *p++ != '.')) return std::nullopt;
    unsigned number = 0;
    const char* const begin = p;
    for (; p != end && p - begin < 3 && is_digit(*p); ++p)
      number = number * 10 + static_cast<unsigned>(*p - '0');
    if (p == begin || number > 255) return std::nullopt;
    value = (value << 8) | number;
  }
  return p == end ? std::optional(value) : std::nullopt;
}

std::optional<std::uint16_t> parse_group(std::string_view hex) {
  if (hex.empty() || hex.size() > 4) return std::nullopt;
  std::uint16_t value = 0;
  const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), value, 16);
  if (error != std::errc{} || end != hex.data() + hex.size()) return std::nullopt;
  return value;
}

// The groups of one side of "::" (or all eight where there is none).
struct groups {
  std::array<std::uint16_t, 8> value{};
  std::size_t count = 0;

  bool add(std::uint16_t group) {
    if (count == value.size()) return false;
    value[count++] = group;
    return true;
  }
  // `h16 *(":" h16)`, the last one possibly an IPv4 address; an empty text has no groups.
  bool read(std::string_view text, bool may_end_in_v4) {
    if (text.empty()) return true;
    while (true) {
      const std::size_t colon = text.find(':');
      const std::string_view one = text.substr(0, colon);
      if (colon == std::string_view::npos && may_end_in_v4 && one.find('.') != one.npos) {
        const auto v4 = parse_quad(one);
        return v4 && add(static_cast<std::uint16_t>(*v4 >> 16)) &&
               add(static_cast<std::uint16_t>(*v4));
      }
      const auto group = parse_group(one);
      if (!group || !add(*group)) return false;
      if (colon == std::string_view::npos) return true;
      text.remove_prefix(colon + 1);
    }
  }
};

// RFC 4291 section 2.2.
std::optional<std::array<std::uint8_t, 16>> parse_v6(std::string_view text) {
  const std::size_t gap = text.find("::");
  groups front, back;
  if (gap == std::string_view::npos) {
    if (!front.read(text, true) || front.count != 8) return std::nullopt;
  } else {
    if (!front.read(text.substr(0, gap), false) || !back.read(text.substr(gap + 2), true) ||
        front.count + back.count > 7)
      return std::nullopt;
  }
  std::array<std::uint8_t, 16> bytes{};
  const auto put = [&bytes](std::size_t at, std::uint16_t group) {
    bytes[2 * at] = static_cast<std::uint8_t>(group >> 8);
    bytes[2 * at + 1] = static_cast<std::uint8_t>(group);
  };
  for (std::size_t i = 0; i < front.count; ++i) put(i, front.value[i]);
  for (std::size_t i = 0; i < back.count; ++i) put(8 - back.count + i, back.value[i]);
  return bytes;
}

// RFC 5952: lower case, no leading zeros, "::" for the first of the longest runs of zero groups.
std::string print_v6(const std::array<std::uint8_t, 16>& bytes) {
  const auto group = [&bytes](std::size_t i) {
    return static_cast<unsigned>(bytes[2 * i] << 8 | bytes[2 * i + 1]);
  };
  std::size_t best = 8, best_size = 1;
  for (std::size_t i = 0; i < 8;) {
    std::size_t n = 0;
    while (i + n < 8 && group(i + n) == 0) ++n;
    if (n > best_size) best = i, best_size = n;
    i += n == 0 ? 1 : n;
  }
  std::string text;
  for (std::size_t i = 0; i < 8;) {
    if (i == best) {
      text += "::";
      i += best_size;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    char hex[4];
    text.append(hex, std::to_chars(hex, hex + sizeof hex, group(i), 16).ptr);
    ++i;
  }
  return text;
}

std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

}  // namespace

ip_address ip_address::v4(std::uint32_t host_order) {
  ip_address out;
  for (std::size_t i = 0; i < 4; ++i)
    out.bytes_[12 + i] = static_cast<std::uint8_t>(host_order >> (24 - 8 * i));
  return out;
}

ip_address ip_address::v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
  ip_address out;
  out.bytes_[12] = a;
  out.bytes_[13] = b;
  out.bytes_[14] = c;
  out.bytes_[15] = d;
  return out;
}

ip_address ip_address::v6(const std::array<std::uint8_t, 16>& bytes, std::uint32_t scope) {
  ip_address out;
  out.bytes_ = bytes;
  out.v6_ = !std::equal(mapped_prefix.begin(), mapped_prefix.end(), bytes.begin());
  if (out.is_link_local()) out.scope_ = scope;
  return out;
}

ip_address ip_address::on_link_of(const ip_address& seen) const {
  ip_address out = *this;
  if (is_link_local() && scope_ == 0) out.scope_ = seen.scope_;
  return out;
}

result<ip_address> ip_address::parse(std::string_view text) {
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') {
    const auto bytes = parse_v6(text.substr(1, text.size() - 2));
    if (!bytes) return failure{"not an IPv6 address in brackets", 0};
    return v6(*bytes);
  }
  if (text.find(':') != std::string_view::npos) {
    const auto bytes = parse_v6(text);
    if (!bytes) return failure{"not an IPv6 address", 0};
    return v6(*bytes);
  }
  const auto quad = parse_quad(text);
  if (!quad) return failure{"not an IP address", 0};
  return v4(*quad);
}

std::uint32_t ip_address::v4_value() const {
  std::uint32_t value = 0;
  for (std::size_t i = 12; i < 16; ++i) value = (value << 8) | bytes_[i];
  return value;
}

bool ip_address::is_unspecified() const {
  const std::size_t first = v6_ ? 0 : 12;
  return std::all_of(bytes_.begin() + static_cast<std::ptrdiff_t>(first), bytes_.end(),
                     [](std::uint8_t b) { return b == 0; });
}

bool ip_address::is_loopback() const {
  if (!v6_) return bytes_[12] == 127;
  return bytes_[15] == 1 &&
         std::all_of(bytes_.begin(), bytes_.end() - 1, [](std::uint8_t b) { return b == 0; });
}

bool ip_address::is_multicast() const {
  return v6_ ? bytes_[0] == 0xff : (bytes_[12] & 0xf0) == 0xe0;
}

bool ip_address::is_broadcast() const { return !v6_ && v4_value() == 0xffffffffu; }

bool ip_address::is_link_local() const {
  return v6_ && bytes_[0] == 0xfe && (bytes_[1] & 0xc0) == 0x80;
}

bool ip_address::is_private() const {
  if (v6_) return (bytes_[0] & 0xfe) == 0xfc || is_link_local();
  const std::uint32_t a = v4_value();
  return (a >> 24) == 10 || (a >> 20) == 0xac1 || (a >> 16) == 0xc0a8 ||  // RFC 1918
         (a >> 22) == (0x64400000u >> 22) ||                              // RFC 6598
         (a >> 16) == 0xa9fe;                                             // link-local
}

std::string ip_address::to_string() const {
  if (v6_) return print_v6(bytes_);
  char text[sizeof "255.255.255.255"];
  char* end = text;
  for (std::size_t i = 12; i < 16; ++i) {
    if (i > 12) *end++ = '.';
    end = std::to_chars(end, text + sizeof text, unsigned{bytes_[i]}).ptr;
  }
  return {text, end};
}

result<socket_address> socket_address::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return failure{"no port", text.size()};
  const std::string_view host = text.substr(0, colon);
  if (host.find(':') != std::string_view::npos && (host.front() != '[' || host.back() != ']'))
    return failure{"an IPv6 address needs brackets before a port", 0};
  const auto ip = ip_address::parse(host);
  if (!ip) return ip.error();
  const auto port = parse_decimal(text.substr(colon + 1), 65535);
  if (!port) return failure{"not a port number", colon + 1};
  return socket_address{*ip, static_cast<std::uint16_t>(*port)};
}

std::string socket_address::to_string() const {
  const std::string host = ip.to_string();
  return (ip.is_v6() ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

}  // namespace sipvoice

std::size_t std::hash<sipvoice::ip_address>::operator()(
    const sipvoice::ip_address& a) const noexcept {
  std::uint64_t half[2] = {0, 0};
  for (std::size_t i = 0; i < 16; ++i) half[i / 8] = (half[i / 8] << 8) | a.bytes()[i];
  return static_cast<std::size_t>(sipvoice::mix(sipvoice::mix(half[0] + 1) ^ half[1]));
}

std::size_t std::hash<sipvoice::socket_address>::operator()(
    const sipvoice::socket_address& a) const noexcept {
  const std::uint64_t ip = std::hash<sipvoice::ip_address>{}(a.ip);
  return static_cast<std::size_t>(sipvoice::mix(ip + 0x9e3779b97f4a7c15u * (a.port + 1u)));
}
