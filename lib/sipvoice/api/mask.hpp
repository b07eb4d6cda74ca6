// What of a SIP message may be shown: all of it but the proof of a password.
#pragma once

#include <string>
#include <string_view>

namespace sipvoice::api {

/// The message with the value of every digest `response` parameter (RFC 3261 section 22.4), in
/// Authorization and Proxy-Authorization of any spelling and however folded, replaced by "***".
/// From it and the nonce a password could be guessed at leisure.
[[nodiscard]] std::string mask_credentials(std::string_view message);

}  // namespace sipvoice::api
