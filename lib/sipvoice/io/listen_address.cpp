#include "sipvoice/io/listen_address.hpp"

#include "sipvoice/base/text.hpp"

namespace sipvoice::io {
namespace {

struct prefix {
  std::string_view text;
  sip::transport transport;
};
constexpr prefix prefixes[] = {
    {"udp:", sip::transport::udp}, {"tcp:", sip::transport::tcp}, {"tls:", sip::transport::tls}};

}  // namespace

result<listen_address> parse_listen_address(std::string_view text) {
  listen_address out;
  std::string_view rest = text;
  for (const prefix& p : prefixes) {
    if (!iequals(text.substr(0, p.text.size()), p.text)) continue;
    out.transport = p.transport;
    rest = text.substr(p.text.size());
    break;
  }
  const auto offset_of = [&](std::string_view part) {
    return static_cast<std::size_t>(part.data() - text.data());
  };
  const std::size_t colon = rest.rfind(':');
  if (colon == std::string_view::npos) return failure{"no port", text.size()};
  std::string_view host = rest.substr(0, colon);
  const std::string_view port = rest.substr(colon + 1);
  const auto number = parse_decimal(port, 65535);
  if (!number) return failure{"not a port", offset_of(port)};
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  else if (host.find(':') != std::string_view::npos)
    return failure{"an IPv6 address needs brackets", offset_of(host)};
  if (host.empty()) return failure{"no host", offset_of(host)};
  out.host = host;
  out.port = static_cast<std::uint16_t>(*number);
  return out;
}

}  // namespace sipvoice::io
