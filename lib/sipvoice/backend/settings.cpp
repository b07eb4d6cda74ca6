#include "sipvoice/backend/settings.hpp"

#include <array>
#include <utility>

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
  return r;
}

std::string in_words_of_the_api(std::string text) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> words{{
      {"--local", "local"},
      {"--rtp-ip", "local_rtp_ip"},
      {"--rtp-ports", "rtp_port_start to rtp_port_end"},
      {"write --listen [udp:|tcp:|tls:]HOST:PORT", "write [udp:|tcp:]HOST:PORT"},
      {"--listen", "local_sip_addr"},
  }};
  for (const auto& [option, field] : words)
    for (std::size_t at = 0; (at = text.find(option, at)) != std::string::npos; at += field.size())
      text.replace(at, option.size(), field);
  return text;
}

}  // namespace sipvoice::backend
