// Where a SIP message goes or came from: a flow of the shell and the peer's address on it.
#pragma once

#include <cstdint>
#include <string_view>

#include "sipvoice/base/address.hpp"

namespace sipvoice::sip {

/// A socket of the shell: a UDP listener, or one stream connection.
enum class flow_id : std::uint32_t {};

enum class transport : std::uint8_t { udp, tcp, tls };
[[nodiscard]] constexpr std::string_view via_name(transport t) {
  return t == transport::udp ? "UDP" : t == transport::tcp ? "TCP" : "TLS";
}
[[nodiscard]] constexpr bool is_reliable(transport t) { return t != transport::udp; }

struct hop {
  flow_id flow{};
  sip::transport transport = sip::transport::udp;
  socket_address remote{};
  /// Nothing in the URI fixed the transport: a large request over UDP may take TCP (RFC
  /// 3261 18.1.1).
  bool large_over_tcp = false;
  /// A request over UDP that could go to another place as well: it is given up here as soon as the
  /// network says that nobody is there.
  bool has_alternative = false;
  friend bool operator==(const hop&, const hop&) = default;
};

}  // namespace sipvoice::sip
