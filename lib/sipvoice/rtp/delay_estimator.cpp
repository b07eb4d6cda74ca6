#include "sipvoice/rtp/delay_estimator.hpp"

#include <algorithm>

namespace sipvoice::rtp {
namespace {

/// Packets after which the distribution forgets as fast as it learns: ten seconds of 20 ms.
constexpr std::uint32_t memory_packets = 500;

/// A timestamp that steps further than this begins another timeline.
constexpr duration longest_step = std::chrono::minutes(1);

}  // namespace

void delay_estimator::restart() {
  last_timestamp_.reset();
  fastest_ = fastest_before_ = duration::max();
}

duration delay_estimator::on_packet(rtp_timestamp timestamp, time_point arrived) {
  duration step{};
  if (last_timestamp_) {
    step = duration(std::int64_t{timestamp - *last_timestamp_} * 1'000'000'000 /
                    static_cast<std::int64_t>(clock_rate_));
    if (step > longest_step || step < -longest_step) restart();
  }
  if (!last_timestamp_) {
    transit_ = {};
    window_end_ = arrived + window;
  } else {
    transit_ += (arrived - last_arrived_) - step;
  }
  last_timestamp_ = timestamp;
  last_arrived_ = arrived;
  if (arrived >= window_end_) {
    // Counted from here on: over days, and whatever a sender does, the numbers stay small.
    fastest_before_ = fastest_ - transit_;
    fastest_ = transit_ = {};
    window_end_ = arrived + window;
  }
  fastest_ = std::min(fastest_, transit_);
  const duration excess = transit_ - std::min(fastest_, fastest_before_);

  packets_ = std::min(packets_ + 1, memory_packets);
  const float weight = 1.0F / static_cast<float>(packets_);
  for (float& s : share_) s *= 1.0F - weight;
  share_[std::min<std::size_t>(static_cast<std::size_t>(excess / bin), bins - 1)] += weight;
  return excess;
}

duration delay_estimator::wanted() const {
  if (packets_ == 0) return {};
  double late = 0;
  std::size_t at = bins;
  while (at > 1 && late + static_cast<double>(share_[at - 1]) <= tolerated_late)
    late += static_cast<double>(share_[--at]);
  return static_cast<std::int64_t>(at) * bin;
}

}  // namespace sipvoice::rtp
