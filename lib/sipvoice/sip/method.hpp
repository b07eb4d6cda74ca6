// SIP methods (RFC 3261 section 7.1 and the RFCs that add to it). Names are case-sensitive.
#pragma once

#include <cstdint>
#include <string_view>

namespace sipvoice::sip {

enum class method : std::uint8_t {
  other,  ///< a token that is no method we know: 501
  invite,
  ack,
  bye,
  cancel,
  options,
  register_,
  prack,      // RFC 3262
  update,     // RFC 3311
  info,       // RFC 6086
  refer,      // RFC 3515
  notify,     // RFC 6665
  subscribe,  // RFC 6665
  message,    // RFC 3428
  publish,    // RFC 3903
};

[[nodiscard]] method method_of(std::string_view name);
[[nodiscard]] std::string_view name_of(method m);  ///< "INVITE"; empty for `other`

}  // namespace sipvoice::sip
