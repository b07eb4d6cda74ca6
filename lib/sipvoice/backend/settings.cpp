#include "sipvoice/backend/settings.hpp"

#include "sipvoice/base/address.hpp"
#include "sipvoice/error.hpp"

namespace sipvoice::backend {
namespace {

std::string address_text(const Address& a) {
  const bool v6 = a.host.find(':') != std::string::npos;
  return "udp:" + (v6 ? "[" + a.host + "]" : a.host) + ":" + std::to_string(a.port);
}

}  // namespace

void check(const Config& config) {
  if (ip_address::parse(config.local_rtp_ip)) return;
  throw Error(Error::Kind::configuration,
              "local_rtp_ip " + config.local_rtp_ip + " is no IP address; names are not resolved");
}

io::runtime_config runtime_config_of(const Config& config) {
  io::runtime_config r;
  r.listen.clear();
  if (!config.local_sip_addr.host.empty()) r.listen.push_back(address_text(config.local_sip_addr));
  r.listen.insert(r.listen.end(), config.listen.begin(), config.listen.end());
  r.rtp_ip = config.local_rtp_ip;
  r.rtp_first = config.rtp_port_start;
  r.rtp_last = config.rtp_port_end;
  r.workers = config.media_workers;
  r.signals = false;  // they are the application's
  r.tls = {config.tls.certificate_file, config.tls.key_file, config.tls.ca_file, config.tls.verify};
  return r;
}

}  // namespace sipvoice::backend
