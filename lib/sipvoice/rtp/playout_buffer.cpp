#include "sipvoice/rtp/playout_buffer.hpp"

#include <algorithm>
#include <bit>

namespace sipvoice::rtp {
namespace {

/// The longest packet that fits behind max_delay.
constexpr duration longest_packet = std::chrono::milliseconds(260);
/// So many packets, over so many pulls, in a row too late: the sender's clock is another one now.
constexpr std::uint32_t late_until_anew = 3;

}  // namespace

playout_buffer::playout_buffer(std::uint32_t sample_rate, std::uint32_t clock_rate, duration target)
    : sample_rate_(sample_rate),
      clock_rate_(clock_rate),
      target_(in_samples(std::min(target, max_delay))),
      limit_(in_samples(max_delay)),
      ring_(std::bit_ceil(static_cast<std::size_t>(limit_ + in_samples(longest_packet)))) {}

std::int64_t playout_buffer::in_samples(duration d) const {
  return to_ms(d) * static_cast<std::int64_t>(sample_rate_) / 1000;
}

std::size_t playout_buffer::pending() const {
  return static_cast<std::size_t>(std::max<std::int64_t>(0, end_ - read_));
}

std::int64_t playout_buffer::placed_anew() const { return std::max(end_, read_ + target_); }

void playout_buffer::restart() {
  anchored_ = false;
  playing_ = false;
  late_in_a_row_ = 0;
}

void playout_buffer::note_other(sequence_number sequence) {
  other_[other_next_] = sequence;
  other_next_ = (other_next_ + 1) % other_.size();
}

/// Where on the timeline, or nothing: too late.
std::optional<std::int64_t> playout_buffer::place(rtp_timestamp timestamp, std::int64_t length) {
  if (!anchored_) return placed_anew();
  const std::int64_t position =
      anchor_position_ + std::int64_t{timestamp - anchor_timestamp_} * sample_rate_ / clock_rate_;
  if (position - read_ > limit_) return placed_anew();
  if (position >= read_) {
    late_in_a_row_ = 0;
    return position;
  }
  if (late_in_a_row_ == 0) pulls_while_late_ = 0;
  ++late_in_a_row_;
  if (late_in_a_row_ > late_until_anew && pulls_while_late_ >= late_until_anew) {
    late_in_a_row_ = 0;
    return placed_anew();
  }
  if (position + length <= read_) return std::nullopt;
  return position;  // its end is still in time
}

void playout_buffer::put(rtp_timestamp timestamp, sequence_number sequence,
                         std::span<const std::int16_t> samples) {
  const auto length = static_cast<std::int64_t>(samples.size());
  if (length == 0) return;
  const bool first = !anchored_;
  const auto start = place(timestamp, length);
  const bool fits = start && *start - read_ <= limit_ && count_ < max_packets &&
                    *start + length - read_ <= static_cast<std::int64_t>(ring_.size());
  if (!fits) {
    ++late_;
    return;
  }
  anchored_ = true;
  anchor_timestamp_ = timestamp;
  anchor_position_ = *start;

  const std::size_t mask = ring_.size() - 1;
  for (std::int64_t i = std::max<std::int64_t>(0, read_ - *start); i < length; ++i)
    ring_[static_cast<std::size_t>(*start + i) & mask] = samples[static_cast<std::size_t>(i)];
  end_ = std::max(end_, *start + length);
  insert(entry{*start, length, sequence, first});
}

void playout_buffer::insert(const entry& e) {
  std::size_t at = count_;
  for (; at > 0 && waiting_[at - 1].start > e.start; --at) waiting_[at] = waiting_[at - 1];
  waiting_[at] = e;
  ++count_;
}

/// Sequence numbers between the last packet played and this one that never came in time.
std::int64_t playout_buffer::missing_before(sequence_number sequence) const {
  std::int64_t missing = std::int64_t{sequence - played_sequence_} - 1;
  for (const auto& other : other_)
    if (other && played_sequence_.before(*other) && other->before(sequence)) --missing;
  return missing;
}

/// The packet starts to play: what was silent before it is known to be loss or a pause only now.
void playout_buffer::begin(const entry& e) {
  if (e.first) playing_ = false;
  if (playing_ && e.start > played_to_) {
    const std::int64_t lost = missing_before(e.sequence) * std::max(e.length, played_length_);
    if (lost > 0) concealed_ += static_cast<std::uint64_t>(std::min(lost, e.start - played_to_));
  }
  playing_ = true;
  played_sequence_ = e.sequence;
  played_to_ = std::max(played_to_, e.start + e.length);
  played_length_ = e.length;
}

void playout_buffer::pull(std::span<std::int16_t> out) {
  const std::size_t mask = ring_.size() - 1;
  for (std::size_t i = 0; i < out.size(); ++i) {
    std::int16_t& sample =
        ring_[static_cast<std::size_t>(read_ + static_cast<std::int64_t>(i)) & mask];
    out[i] = sample;
    sample = 0;
  }
  read_ += static_cast<std::int64_t>(out.size());
  ++pulls_while_late_;

  std::size_t begun = 0;
  while (begun < count_ && waiting_[begun].start < read_) begin(waiting_[begun++]);
  std::copy(waiting_.begin() + static_cast<std::ptrdiff_t>(begun),
            waiting_.begin() + static_cast<std::ptrdiff_t>(count_), waiting_.begin());
  count_ -= begun;
}

}  // namespace sipvoice::rtp
