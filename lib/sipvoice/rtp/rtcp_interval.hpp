// How long to wait until the next report (RFC 3550 section 6.2, 6.3.1 and A.7).
#pragma once

#include <cstddef>

#include "sipvoice/base/time.hpp"

namespace sipvoice::rtp {

struct interval_input {
  std::size_t members = 1, senders = 0;  ///< this side included
  double bytes_per_second = 500;         ///< for all RTCP: 5 % of the session's bandwidth
  double average_bytes = 128;            ///< of a compound packet, IP and UDP headers included
  bool we_send = false;
  bool initial = false;  ///< no report has been sent yet: half of the minimum
};

inline constexpr duration min_report_interval = std::chrono::seconds(5);

/// The interval before it is randomised (6.3.1, steps 1 to 3).
[[nodiscard]] duration deterministic_interval(const interval_input& in);
/// Steps 4 and 5. `uniform`: in [0, 1). The result lies between 0.41 and 1.23 of the deterministic
/// one: the divisor makes up for timer reconsideration.
[[nodiscard]] duration randomised_interval(duration deterministic, double uniform);

}  // namespace sipvoice::rtp
