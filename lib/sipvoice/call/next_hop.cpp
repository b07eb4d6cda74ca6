#include "sipvoice/call/next_hop.hpp"

#include "sipvoice/sip/uri.hpp"

namespace sipvoice::call {

next_hop next_hop_of(std::string_view uri_text) {
  next_hop hop;
  const auto uri = sip::uri::parse(uri_text);
  if (!uri || !uri->is_sip()) return hop;
  const std::string_view host = uri->param("maddr").value_or(uri->host);
  if (uri->port != 0) hop.port = uri->port;
  if (const auto numeric = ip_address::parse(host)) {
    hop.address = socket_address{*numeric, hop.port};
  } else {
    hop.host = host;
  }
  return hop;
}

bool can_be_peer(const socket_address& a) {
  return a.port != 0 && !a.ip.is_unspecified() && !a.ip.is_multicast() && !a.ip.is_broadcast();
}

}  // namespace sipvoice::call
