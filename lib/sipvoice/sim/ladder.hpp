// The trace of a simulated network for a person: one line a datagram, with its virtual time.
//
//     12.500000 10.0.0.1:5060 -> 10.0.0.2:5060 INVITE sip:b@10.0.0.2 | 1 INVITE z9hG4bKx3... [lost]
//
// The same seed gives the same lines byte for byte.
#pragma once

#include <string>

#include "sipvoice/sim/world.hpp"

namespace sipvoice::sim {

/// Without a line end. SIP is named by its start line, CSeq and branch; anything else by its size.
[[nodiscard]] std::string ladder_line(const passing& p);
/// "12.500000": seconds since the world's beginning.
[[nodiscard]] std::string ladder_time(time_point at);

}  // namespace sipvoice::sim
