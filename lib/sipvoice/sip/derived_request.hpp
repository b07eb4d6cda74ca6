// Requests that are made from an INVITE as it was sent: CANCEL (RFC 3261 section 9.1) and the ACK
// to a non-2xx (17.1.1.3).
#pragma once

#include <string>
#include <string_view>

namespace sipvoice::sip {

/// Same Request-URI, top Via, Route, From, Call-ID, CSeq number, and the INVITE's credentials
/// (22.1). `to`: the To value to write; empty: the INVITE's. Empty when `invite` cannot be read.
[[nodiscard]] std::string derive_request(const std::string& invite, std::string_view method_name,
                                         std::string_view to);

}  // namespace sipvoice::sip
