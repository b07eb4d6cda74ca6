// The host of a URI and of a Via.
//
//   host          = hostname / IPv4address / IPv6reference
//   IPv6reference = "[" IPv6address "]"
//
// What stands in brackets may be any text of hexadecimal digits, colons and dots: RFC 5118 4.10
// wants three colons in a row tolerated. The underscore of many real host names is tolerated too.
#pragma once

#include <string_view>

namespace sipvoice::sip {

/// Takes a host off the front of `rest` into `host`, without brackets. False when there is none.
[[nodiscard]] bool take_host(std::string_view& rest, std::string_view& host, bool& is_v6);

}  // namespace sipvoice::sip
