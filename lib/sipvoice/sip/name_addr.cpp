// RFC 3261 sections 20.10 and 25.1:
//
//   name-addr    = [ display-name ] LAQUOT addr-spec RAQUOT
//   display-name = *( token LWS ) / quoted-string
//   From, To, ...= ( name-addr / addr-spec ) *( SEMI generic-param )
//
// The space that the grammar asks for between a display name of tokens and "<" may be missing (RFC
// 4475 3.1.1.6). An address without brackets ends at the first ";": parameters are the header's; a
// "," or "?" in it would need brackets (section 20, RFC 4475 3.1.2.13).
#include "sipvoice/base/text.hpp"
#include "sipvoice/sip/header.hpp"
#include "sipvoice/sip/params.hpp"

namespace sipvoice::sip {
namespace {

// Display names without quotes: real ones hold more than tokens ("J. (Work)", UTF-8). What would
// divide the header differently for another reader is refused (RFC 4475 3.1.2.15).
bool is_display(std::string_view s) {
  for (const char c : s) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t') || byte == 0x7f) return false;
    if (c == ',' || c == ';' || c == '\\' || c == '"' || c == '>') return false;
  }
  return true;
}

result<name_addr> finish(name_addr out, std::string_view rest) {
  const auto address = uri::parse(out.uri_text);
  if (!address) return address.error();
  out.address = *address;
  if (!params_are_readable(rest, "tag", out.tag_value))
    return failure{"address with unreadable parameters", 0};
  out.params.text = skip_space(rest);
  return out;
}

}  // namespace

result<name_addr> name_addr::parse(std::string_view value) {
  name_addr out;
  std::string_view rest = trim(value);
  if (!rest.empty() && rest.front() == '"') {
    const std::size_t n = quoted_length(rest);
    if (n == 0) return failure{"display name whose quote does not end", 0};
    out.display = rest.substr(0, n);
    rest = skip_space(rest.substr(n));
    if (rest.empty() || rest.front() != '<') return failure{"display name without an address", n};
  }
  std::size_t open = 0;
  while (open < rest.size() && rest[open] != '<' && rest[open] != '"') ++open;
  if (open < rest.size() && rest[open] == '<') {
    if (out.display.empty()) {
      out.display = trim(rest.substr(0, open));
      if (!is_display(out.display)) return failure{"display name that needs quotes", 0};
    }
    rest.remove_prefix(open + 1);
    const std::size_t close = rest.find('>');
    if (close == std::string_view::npos)
      return failure{"address without its closing bracket", open};
    out.uri_text = rest.substr(0, close);
    return finish(out, rest.substr(close + 1));
  }
  std::size_t end = 0;
  while (end < rest.size() && rest[end] != ';' && !is_space(rest[end])) ++end;
  out.uri_text = rest.substr(0, end);
  if (out.uri_text.find_first_of("?,") != std::string_view::npos)
    return failure{"address that needs brackets", 0};
  return finish(out, rest.substr(out.uri_text.size()));
}

std::string name_addr::display_text() const {
  if (display.size() < 2 || display.front() != '"') return std::string(display);
  std::string out;
  for (std::size_t i = 1; i + 1 < display.size(); ++i) {
    if (display[i] == '\\' && i + 2 < display.size()) ++i;
    out += display[i];
  }
  return out;
}

}  // namespace sipvoice::sip
