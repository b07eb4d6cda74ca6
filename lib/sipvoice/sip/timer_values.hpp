// The three times from which every SIP timer is made, and why a transaction ends.
#pragma once

#include <cstdint>

#include "sipvoice/base/time.hpp"

namespace sipvoice::sip {

/// RFC 3261 section 17.1.1.1 and table 4.
struct timer_values {
  duration t1 = std::chrono::milliseconds(500);
  duration t2 = std::chrono::seconds(4);
  duration t4 = std::chrono::seconds(5);
};

/// 64*T1: how long a request or a response is repeated before the other side counts as gone
/// (timers B, F, H), and how long strays of it may still arrive (D, J, L, M).
[[nodiscard]] constexpr duration patience(const timer_values& v) { return 64 * v.t1; }

/// Why a transaction has ended.
enum class tx_end : std::uint8_t {
  completed,  ///< it ran its course (timers D, I, J, K, L, M, or at once over a reliable transport)
  timed_out,  ///< client: no response came (timers B, F), or none after a CANCEL (9.1)
  no_ack,     ///< server INVITE: the ACK to a non-2xx never came (timer H)
};

}  // namespace sipvoice::sip
