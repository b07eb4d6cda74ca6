// Where a response goes: RFC 3261 section 18.2.2 with RFC 3581.
#pragma once

#include <optional>

#include "sipvoice/sip/hop.hpp"
#include "sipvoice/sip/message.hpp"

namespace sipvoice::sip {

/// Over a stream: back on the connection (its flow); the address is the one to connect to where
/// that is gone: the source with the port of the Via. Over UDP: to the source address, at the
/// source port when the top Via asks for it (rport), else at the port of the Via. Works on a broken
/// Via as far as its host and port can be made out; nothing when there is no sent-by to answer to.
///
/// Deliberate deviation: `maddr` is not followed. It would let one packet direct an answer at any
/// third address, and no peer of an endpoint needs it.
[[nodiscard]] std::optional<hop> response_route(const message& request, const hop& from);

}  // namespace sipvoice::sip
