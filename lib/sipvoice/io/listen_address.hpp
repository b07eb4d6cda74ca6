// What --listen says: [udp:]HOST:PORT.
#pragma once

#include <string>
#include <string_view>

#include "sipvoice/base/result.hpp"
#include "sipvoice/sip/hop.hpp"

namespace sipvoice::io {

struct listen_address {
  sip::transport transport = sip::transport::udp;
  std::string host;  ///< a name, or an address without brackets
  std::uint16_t port = 0;
};

/// "udp:127.0.0.1:5060", "[::]:5060", "localhost:0". The transport is udp where none is named.
[[nodiscard]] result<listen_address> parse_listen_address(std::string_view text);

}  // namespace sipvoice::io
