// RTCP (RFC 3550 section 6). For now: is this datagram a compound packet at all?
#pragma once

#include "sipvoice/base/bytes.hpp"

namespace sipvoice::rtp {

/// The header checks of RFC 3550 A.2: version 2 throughout, a report first, padding only in the
/// last packet, lengths that add up to the datagram.
[[nodiscard]] bool is_rtcp_compound(byte_view datagram);

}  // namespace sipvoice::rtp
