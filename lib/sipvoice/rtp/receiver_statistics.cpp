#include "sipvoice/rtp/receiver_statistics.hpp"

#include <cmath>

namespace sipvoice::rtp {

void receiver_statistics::restart(sequence_number first) {
  lost_before_ += lost_now();
  base_ = highest_ = first.value;
  received_run_ = 1;
  duplicate_run_ = 0;
  seen_.reset();
  seen_.set(0);
  after_stray_.reset();
  jitter_ = 0;
  have_transit_ = false;
}

std::uint64_t receiver_statistics::lost_now() const {
  if (received_run_ == 0) return 0;
  const auto expected = static_cast<std::uint64_t>(highest_ - base_ + 1);
  return expected > received_run_ ? expected - received_run_ : 0;
}

arrival receiver_statistics::step_back(std::uint16_t distance) {
  if (seen_.test(distance)) {
    ++duplicate_;
    ++duplicate_run_;
    return arrival::duplicate;
  }
  seen_.set(distance);
  // A packet from before the first that came: the stream began earlier than we thought.
  const std::int64_t extended = highest_ - distance;
  if (extended < base_) base_ = extended;
  ++reordered_;
  ++received_;
  ++received_run_;
  after_stray_.reset();
  return arrival::reordered;
}

arrival receiver_statistics::jump(sequence_number sequence) {
  // A.1: two packets in sequence, and the other side has restarted without telling.
  if (after_stray_ == sequence) {
    restart(sequence - 1);
    highest_ += 1;
    seen_ <<= 1;
    seen_.set(0);
    received_run_ = 2;
    received_ += 2;
    return arrival::resumed;
  }
  after_stray_ = sequence + 1;
  return arrival::stray;
}

arrival receiver_statistics::on_packet(const packet_header& header) {
  if (source_ != header.source) {
    const bool first = !source_;
    source_ = header.source;
    if (!first) ++source_changes_;
    restart(header.sequence);
    ++received_;
    return first ? arrival::in_order : arrival::new_source;
  }
  const sequence_number newest{static_cast<std::uint16_t>(highest_ & 0xffff)};
  const auto ahead = static_cast<std::uint16_t>(header.sequence.value - newest.value);
  const auto behind = static_cast<std::uint16_t>(newest.value - header.sequence.value);
  if (behind <= max_misorder) return step_back(behind);
  if (ahead >= max_dropout) return jump(header.sequence);

  seen_ <<= ahead;
  seen_.set(0);
  highest_ += ahead;
  ++received_;
  ++received_run_;
  after_stray_.reset();
  return arrival::in_order;
}

void receiver_statistics::on_jitter(rtp_timestamp timestamp, time_point arrived,
                                    std::uint32_t clock_rate) {
  if (have_transit_) {
    const double elapsed_s = std::chrono::duration<double>(arrived - last_arrived_).count();
    const double difference = elapsed_s * clock_rate - (timestamp - last_timestamp_);
    if (std::abs(difference) <= max_transit_step_s * clock_rate)
      jitter_ += (std::abs(difference) - jitter_) / 16.0;
  }
  have_transit_ = true;
  last_timestamp_ = timestamp;
  last_arrived_ = arrived;
}

}  // namespace sipvoice::rtp
