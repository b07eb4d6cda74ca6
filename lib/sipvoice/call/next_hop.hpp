// Where the host of a URI is: a numeric address at once, a name through the shell's resolver.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sipvoice/base/address.hpp"

namespace sipvoice::call {

struct next_hop {
  std::optional<socket_address> address;  ///< of a numeric host
  std::string host;                       ///< of a name; empty: the URI is of no use
  std::uint16_t port = 5060;
};

/// `maddr` stands in for the host (RFC 3261 section 19.1.1); the port is 5060 where none is given.
[[nodiscard]] next_hop next_hop_of(std::string_view uri_text);
/// False for addresses that no signalling peer can have: unspecified, multicast, broadcast, port 0.
[[nodiscard]] bool can_be_peer(const socket_address& a);

}  // namespace sipvoice::call
