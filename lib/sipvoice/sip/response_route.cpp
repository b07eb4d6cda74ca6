#include "sipvoice/sip/response_route.hpp"

#include <string_view>

#include "sipvoice/base/text.hpp"
#include "sipvoice/sip/locator.hpp"

namespace sipvoice::sip {
namespace {

struct reply_port {
  bool to_source = false;  // rport
  std::uint16_t port = 0;  // 0: none
};

// ";rport" or ";rport=..." somewhere among what may be parameters.
bool mentions_rport(std::string_view params) {
  while (!params.empty()) {
    const std::string_view name = trim(take_until(params, ';'));
    if (iequals(trim(name.substr(0, name.find('='))), "rport")) return true;
  }
  return false;
}

// "SIP/2.0/UDP host:port ;anything": what can be made out of a Via that does not parse.
std::optional<reply_port> read_broken_via(std::string_view value) {
  const std::size_t slash = value.rfind('/', value.find(';'));
  if (slash == std::string_view::npos) return std::nullopt;
  std::string_view rest = trim(value.substr(slash + 1));
  while (!rest.empty() && is_token_char(rest.front())) rest.remove_prefix(1);  // the transport
  rest = trim(rest);
  const std::string_view sent_by = trim(rest.substr(0, rest.find_first_of(";,")));
  if (sent_by.empty()) return std::nullopt;
  reply_port out;
  out.to_source = mentions_rport(rest.substr(sent_by.size()));
  const std::size_t bracket = sent_by.rfind(']');
  const std::size_t colon = sent_by.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos)
    if (const auto port = parse_decimal(trim(sent_by.substr(colon + 1)), 65535))
      out.port = static_cast<std::uint16_t>(*port);
  return out;
}

std::optional<reply_port> read_via(const message& request) {
  if (const auto& top = request.top_via()) return reply_port{top->wants_rport(), top->port};
  return read_broken_via(request.value(header_id::via));
}

}  // namespace

std::optional<hop> response_route(const message& request, const hop& from) {
  const auto reply = read_via(request);
  if (!reply) return std::nullopt;
  hop to = from;
  if (is_reliable(from.transport) || !reply->to_source)
    to.remote.port = reply->port != 0 ? reply->port : default_port(from.transport);
  return to;
}

}  // namespace sipvoice::sip
