// Do the two sides of a call agree on how it went, wherever the network allowed them to know?
//
// Read as rules, each from what one side was told and what has reached it:
//  1. A BYE that reaches a side whose call is up, or a CANCEL that reaches a callee before its 200,
//     ends that side's call in this very moment, by `remote`.
//  2. A side ends by `remote` only then; and the other side has then ended by itself: `local`,
//     `timeout` or `error`, never `remote`.
//  3. A caller that was refused by the peer was refused with the status that the called side told,
//     or the called side told nothing of that call.
//  4. The caller's call is answered only when the called side has sent its 200; the called side's
//     only when the caller knows of the answer (it has sent the ACK).
//  5. Every copy of a 2xx that reaches a caller is followed by an ACK (RFC 3261 section 13.2.2.4),
//     unless the INVITE had been given up before the first one came, or it is a re-INVITE of a
//     call that has ended meanwhile.
//  6. A side that ends by itself a call that has been answered, as far as it knows, sends a BYE:
//  also
//     the caller whose CANCEL came too late, and the called side whose 200 was never acknowledged.
//  7. Digits, INFOs and MESSAGEs that a side heard are some of those that the other one sent
//     (digits in RTP in that order), none of them twice; who is held is held by one who wanted to.
// Where no rule binds (both BYEs cross; everything is lost) the two may well both say `local`
// or `timeout`. A side whose machine crashed is not asked.
#pragma once

#include "ledger.hpp"

namespace soak {

/// One side against the other; called for both orders. `other` is null when that party was never
/// told of the call.
void check_agreement(ledger& of, const told_call& one, const told_call* other);

/// "local hangup | remote hangup": how the call ended for its caller, and for the one who was
/// called.
[[nodiscard]] std::string outcome(const told_call& caller, const told_call* callee);

}  // namespace soak
