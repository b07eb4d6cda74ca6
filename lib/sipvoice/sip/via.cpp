// RFC 3261 section 25.1:
//
//   via-parm      = sent-protocol LWS sent-by *( SEMI via-params )
//   sent-protocol = protocol-name SLASH protocol-version SLASH transport
//   sent-by       = host [ COLON port ]
#include "sipvoice/base/text.hpp"
#include "sipvoice/sip/header.hpp"
#include "sipvoice/sip/host.hpp"
#include "sipvoice/sip/params.hpp"

namespace sipvoice::sip {
namespace {

bool take_token(std::string_view& rest, std::string_view& token) {
  rest = skip_space(rest);
  std::size_t n = 0;
  while (n < rest.size() && is_token_char(rest[n])) ++n;
  token = rest.substr(0, n);
  rest.remove_prefix(n);
  return n > 0;
}

bool take_slash(std::string_view& rest) {
  rest = skip_space(rest);
  if (rest.empty() || rest.front() != '/') return false;
  rest.remove_prefix(1);
  return true;
}

// [ COLON port ], spaces allowed around the colon.
bool take_port(std::string_view& rest, std::uint16_t& port) {
  rest = skip_space(rest);
  if (rest.empty() || rest.front() != ':') return true;
  rest = skip_space(rest.substr(1));
  std::size_t n = 0;
  while (n < rest.size() && is_digit(rest[n])) ++n;
  const auto number = parse_decimal(rest.substr(0, n), 65535);
  if (!number || *number == 0) return false;
  port = static_cast<std::uint16_t>(*number);
  rest.remove_prefix(n);
  return true;
}

}  // namespace

result<via> via::parse(std::string_view value) {
  const auto failed = [&value](const char* what, std::string_view rest) {
    return failure{what, value.size() - rest.size()};
  };
  via out;
  std::string_view rest = value, ignored;
  // Neither name nor version is judged: a message of another version is answered with 505.
  if (!take_token(rest, ignored) || !take_slash(rest) || !take_token(rest, ignored) ||
      !take_slash(rest) || !take_token(rest, out.transport))
    return failed("Via without a protocol", rest);
  if (rest.empty() || !is_space(rest.front())) return failed("Via without a sender", rest);
  rest = skip_space(rest);
  if (!take_host(rest, out.host, out.host_is_v6)) return failed("Via without a host", rest);
  if (!take_port(rest, out.port)) return failed("Via with an unreadable port", rest);
  rest = skip_space(rest);
  if (!params_are_readable(rest, "branch", out.branch_value))
    return failed("Via with unreadable parameters", rest);
  out.params.text = rest;
  return out;
}

}  // namespace sipvoice::sip
