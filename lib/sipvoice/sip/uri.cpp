// RFC 3261 section 25.1:
//
//   SIP-URI        = "sip:" [ userinfo ] hostport uri-parameters [ headers ]
//   userinfo       = ( user / telephone-subscriber ) [ ":" password ] "@"
//   hostport       = host [ ":" port ]
//   uri-parameters = *( ";" uri-parameter )
//   headers        = "?" header *( "&" header )
//   absoluteURI    = scheme ":" ( hier-part / opaque-part )
#include "sipvoice/sip/uri.hpp"

#include <array>

#include "sipvoice/base/text.hpp"
#include "sipvoice/sip/host.hpp"

namespace sipvoice::sip {
namespace {

// What can stand nowhere in a URI: controls, spaces, and the marks that delimit it. Other
// characters that ought to be escaped, and bytes beyond ASCII, are tolerated.
constexpr std::array<bool, 256> make_forbidden() {
  std::array<bool, 256> table{};
  for (std::size_t c = 0; c <= ' '; ++c) table[c] = true;
  table[0x7f] = true;
  for (const char c : {'"', '<', '>'}) table[static_cast<unsigned char>(c)] = true;
  return table;
}
constexpr auto forbidden = make_forbidden();

// scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )
bool is_scheme(std::string_view s) {
  const auto is_alpha = [](char c) { return to_lower(c) >= 'a' && to_lower(c) <= 'z'; };
  if (s.empty() || !is_alpha(s.front())) return false;
  for (const char c : s)
    if (!is_alpha(c) && !is_digit(c) && c != '+' && c != '-' && c != '.') return false;
  return true;
}

std::size_t offset_in(std::string_view text, std::string_view part) {
  return static_cast<std::size_t>(part.data() - text.data());
}

// hostport uri-parameters [ headers ]
result<uri> read_rest(uri out, std::string_view rest) {
  if (!take_host(rest, out.host, out.host_is_v6))
    return failure{"URI without a readable host", offset_in(out.text, rest)};
  if (!rest.empty() && rest.front() == ':') {
    rest.remove_prefix(1);
    std::size_t n = 0;
    while (n < rest.size() && is_digit(rest[n])) ++n;
    const std::string_view digits = rest.substr(0, n);
    const auto port = parse_decimal(digits, 65535);
    if (!port || *port == 0)
      return failure{"URI with an unreadable port", offset_in(out.text, rest)};
    out.port = static_cast<std::uint16_t>(*port);
    rest.remove_prefix(digits.size());
  }
  if (!rest.empty() && rest.front() != ';' && rest.front() != '?')
    return failure{"URI with an unreadable host", offset_in(out.text, rest)};
  const std::size_t question = rest.find('?');
  if (question != std::string_view::npos) {
    out.headers = rest.substr(question + 1);
    rest = rest.substr(0, question);
  }
  if (!rest.empty()) out.params = rest.substr(1);
  return out;
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char low = to_lower(c);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

}  // namespace

result<uri> uri::parse(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i)
    if (forbidden[static_cast<unsigned char>(text[i])])
      return failure{"URI with a character that must be escaped", i};
  uri out;
  out.text = text;
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || !is_scheme(text.substr(0, colon)))
    return failure{"URI without a scheme", 0};
  out.scheme = text.substr(0, colon);
  std::string_view rest = text.substr(colon + 1);
  if (rest.empty()) return failure{"URI with nothing behind its scheme", colon};
  if (!out.is_sip()) return out;

  // An '@' stands unescaped only behind userinfo, whose user may hold ';' and '?' (RFC 4475
  // 3.1.1.9).
  const std::size_t at = rest.find('@');
  if (at != std::string_view::npos) {
    out.user = rest.substr(0, at);
    const std::size_t mark = out.user.find(':');
    if (mark != std::string_view::npos) {
      out.password = out.user.substr(mark + 1);
      out.user = out.user.substr(0, mark);
    }
    if (out.user.empty()) return failure{"URI with an empty user", colon + 1};
    rest.remove_prefix(at + 1);
  }
  return read_rest(out, rest);
}

bool uri::is_sip() const { return iequals(scheme, "sip") || is_sips(); }

bool uri::is_sips() const { return iequals(scheme, "sips"); }

std::optional<std::string_view> uri::param(std::string_view name) const {
  std::string_view rest = params;
  while (!rest.empty()) {
    std::string_view value = take_until(rest, ';');
    const std::string_view key = take_until(value, '=');
    // Names may be escaped (RFC 4475 3.1.1.3: %6C%72 is lr).
    const bool same =
        key.find('%') == std::string_view::npos ? iequals(key, name) : iequals(unescape(key), name);
    if (same) return value;
  }
  return std::nullopt;
}

std::vector<std::pair<std::string, std::string>> uri::header_list() const {
  std::vector<std::pair<std::string, std::string>> list;
  for (std::string_view rest = headers; !rest.empty();) {
    std::string_view value = take_until(rest, '&');
    const std::string_view name = take_until(value, '=');
    list.emplace_back(unescape(name), unescape(value));
  }
  return list;
}

std::string uri::without_params() const {
  if (!is_sip()) return std::string(text);
  std::string out(scheme);
  out += ':';
  if (!user.empty()) {
    out += user;
    out += '@';
  }
  if (host_is_v6) out += '[';
  out += host;
  if (host_is_v6) out += ']';
  if (port != 0) {
    out += ':';
    out += std::to_string(port);
  }
  return out;
}

// escaped = "%" HEXDIG HEXDIG
std::string unescape(std::string_view s) {
  std::string out;
  out.reserve(s.size());
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (s[i] == '%' && i + 2 < s.size()) {
      const int high = hex_value(s[i + 1]), low = hex_value(s[i + 2]);
      if (high >= 0 && low >= 0) {
        out += static_cast<char>(high * 16 + low);
        i += 2;
        continue;
      }
    }
    out += s[i];
  }
  return out;
}

}  // namespace sipvoice::sip
