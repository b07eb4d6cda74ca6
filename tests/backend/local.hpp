// Backends on loopback. Each case has media ports of its own, for cases run beside one another;
// SIPVOICE_TEST_PORTS moves them all, for two builds that do.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>

#include "sipvoice/sipvoice.hpp"

namespace test {

inline std::uint16_t media_port(int port) {
  const char* moved = std::getenv("SIPVOICE_TEST_PORTS");
  return static_cast<std::uint16_t>(port + (moved != nullptr ? std::atoi(moved) : 0));
}

/// 100 pairs from there on.
inline sipvoice::Config local(int rtp_start) {
  sipvoice::Config c;
  c.local_sip_addr = {"127.0.0.1", 0};
  c.local_rtp_ip = "127.0.0.1";
  c.rtp_port_start = media_port(rtp_start);
  c.rtp_port_end = static_cast<std::uint16_t>(c.rtp_port_start + 200);
  c.media_workers = 1;
  return c;
}

/// "sip:user@127.0.0.1:PORT" of a backend that has started.
inline std::string uri_of(const sipvoice::Backend& b, const std::string& user = "bob") {
  return "sip:" + user + "@" + b.addresses().at(0).substr(4);
}

}  // namespace test
