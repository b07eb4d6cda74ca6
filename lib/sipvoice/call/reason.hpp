// The Reason header of BYE and CANCEL (RFC 3326).
#pragma once

#include <optional>
#include <string>

#include "sipvoice/call/endpoint.hpp"
#include "sipvoice/sip/message.hpp"

namespace sipvoice::call {

struct remote_reason {
  std::string text;         ///< the header as it came; several joined by ", "; may be empty
  std::optional<int> q850;  ///< cause of the Q.850 value, 0 to 127
};

/// ABNF: Reason = "Reason" HCOLON reason-value *(COMMA reason-value);
/// reason-value = protocol *(SEMI reason-params), protocol "SIP", "Q.850" or another token.
[[nodiscard]] remote_reason reason_of(const sip::message& request);
/// The text as a quoted string (RFC 3261 25.1); one that cannot stand in a header is left out.
[[nodiscard]] std::string reason_header(const end_cause& cause);

}  // namespace sipvoice::call
