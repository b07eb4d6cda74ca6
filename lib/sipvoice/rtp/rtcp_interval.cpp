#include "sipvoice/rtp/rtcp_interval.hpp"

#include <algorithm>

namespace sipvoice::rtp {

duration deterministic_interval(const interval_input& in) {
  constexpr double sender_share = 0.25;
  auto members = static_cast<double>(std::max<std::size_t>(in.members, 1));
  double bandwidth = in.bytes_per_second;
  // Few senders among many share a quarter, so that their names are known soon.
  const auto senders = static_cast<double>(in.senders);
  if (in.senders > 0 && senders <= members * sender_share) {
    bandwidth *= in.we_send ? sender_share : 1 - sender_share;
    members = in.we_send ? senders : members - senders;
  }
  const std::chrono::duration<double> computed(members * in.average_bytes /
                                               std::max(bandwidth, 1.0));
  const duration minimum = in.initial ? min_report_interval / 2 : min_report_interval;
  return std::max(std::chrono::duration_cast<duration>(computed), minimum);
}

duration randomised_interval(duration deterministic, double uniform) {
  constexpr double compensation = 2.71828182845904523536 - 1.5;
  const std::chrono::duration<double> d(deterministic);
  return std::chrono::duration_cast<duration>(d * (uniform + 0.5) / compensation);
}

}  // namespace sipvoice::rtp
