// RFC 3515 section 2.1, RFC 3261 section 25.1:
//
//   Refer-To = ("Refer-To" / "r") HCOLON ( name-addr / addr-spec ) *( SEMI generic-param )
//   headers  = "?" header *( "&" header )
//   header   = hname "=" hvalue
//   hname, hvalue = *( hnv-unreserved / unreserved / escaped )
//   hnv-unreserved = "[" / "]" / "/" / "?" / ":" / "+" / "$"
//   unreserved     = alphanum / "-" / "_" / "." / "!" / "~" / "*" / "'" / "(" / ")"
#include "sipvoice/sip/refer_to.hpp"

#include "sipvoice/base/text.hpp"
#include "sipvoice/sip/header.hpp"

namespace sipvoice::sip {
namespace {

/// The URI without headers and without its method (19.1.1: neither belongs into a Request-URI).
std::string callable_part(const uri& u) {
  const std::size_t in_params = static_cast<std::size_t>(u.params.data() - u.text.data());
  if (u.params.empty())
    return std::string(u.text.substr(0, u.text.find('?', u.text.find('@') + 1)));
  std::string out(u.text.substr(0, in_params - 1));
  std::string_view rest = u.params;
  while (!rest.empty()) {
    const std::string_view one = take_until(rest, ';');
    if (!iequals(one.substr(0, one.find('=')), "method")) out.append(";").append(one);
  }
  return out;
}

result<std::optional<replaces>> replaces_of(const uri& u) {
  std::optional<replaces> found;
  for (const auto& [name, value] : u.header_list()) {
    if (!iequals(name, "Replaces")) continue;
    if (found) return failure{"Refer-To with two Replaces"};
    auto one = replaces::parse(value);
    if (!one) return failure{"Refer-To with an unreadable Replaces"};
    found = std::move(*one);
  }
  return found;
}

}  // namespace

result<refer_to> refer_to::parse(std::string_view value) {
  if (value.size() > max_size) return failure{"Refer-To that is too long", max_size};
  const auto address = name_addr::parse(value);
  if (!address) return address.error();
  refer_to out;
  out.scheme = to_lower(address->address.scheme);
  if (!address->address.is_sip()) {
    out.target = address->uri_text;
    return out;
  }
  out.target = callable_part(address->address);
  out.method = address->address.param("method").value_or(std::string_view{});
  auto of_headers = replaces_of(address->address);
  if (!of_headers) return of_headers.error();
  out.replaces = std::move(*of_headers);
  return out;
}

std::string refer_to::print(std::string_view target, const std::optional<sip::replaces>& replaces) {
  std::string s = "<";
  s += target;
  if (replaces) s += "?Replaces=" + escape_uri_header(replaces->print());
  return s + ">";
}

std::string escape_uri_header(std::string_view value) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  constexpr std::string_view plain = "-_.!~*'()[]/?:+$";
  std::string out;
  for (const char c : value) {
    const bool letter = to_lower(c) >= 'a' && to_lower(c) <= 'z';
    if (letter || is_digit(c) || plain.find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += hex[byte >> 4];
    out += hex[byte & 15];
  }
  return out;
}

bool is_referred_by(std::string_view value) {
  if (value.empty() || value.size() > max_referred_by) return false;
  for (const char c : value)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  return element_length(value) == value.size() && name_addr::parse(value).has_value();
}

}  // namespace sipvoice::sip
