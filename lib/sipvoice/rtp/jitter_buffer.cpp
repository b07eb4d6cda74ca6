#include "sipvoice/rtp/jitter_buffer.hpp"

#include <algorithm>
#include <bit>

namespace sipvoice::rtp {
namespace {

/// The longest packet that fits behind max_delay.
constexpr duration longest_packet = std::chrono::milliseconds(200);
/// So many packets, over so many pulls, in a row too late: the sender's clock is another one now.
constexpr std::uint32_t late_until_anew = 3;
/// So many old ones in a row: the numbers have begun anew as well (RFC 3550 A.1, MAX_MISORDER).
constexpr std::uint32_t old_until_anew = 100;
/// What is read goes in frames: a packet that comes just after its frame was cut must not be late.
constexpr duration reading_margin = std::chrono::milliseconds(10);
/// The delay follows only where it is that far from what is wanted: small errors are not worth a
/// hole or a cut.
constexpr duration too_short = std::chrono::milliseconds(5),
                   too_long = std::chrono::milliseconds(25);
constexpr double depth_smoothing = 1.0 / 16;

}  // namespace

jitter_buffer::jitter_buffer(std::uint32_t sample_rate, std::uint32_t clock_rate,
                             const playout_delays& delays, playout_mode mode)
    : sample_rate_(sample_rate),
      clock_rate_(clock_rate),
      mode_(mode),
      target_(in_samples(delays.first)),
      most_(in_samples(delays.most)),
      limit_(in_samples(delays.buffered)),
      ring_(std::bit_ceil(static_cast<std::size_t>(limit_ + in_samples(longest_packet)))),
      estimator_(clock_rate) {}

std::int64_t jitter_buffer::in_samples(duration d) const {
  return to_ms(d) * static_cast<std::int64_t>(sample_rate_) / 1000;
}

std::size_t jitter_buffer::pending() const {
  return static_cast<std::size_t>(std::max<std::int64_t>(0, end_ - read_));
}

std::optional<std::int64_t> jitter_buffer::samples_until(rtp_timestamp timestamp) const {
  if (!anchored_) return std::nullopt;
  return position_of(timestamp) - read_;
}

duration jitter_buffer::delay() const {
  return std::chrono::duration_cast<duration>(std::chrono::duration<double>(
      have_depth_ ? depth_ / sample_rate_ : static_cast<double>(target_) / sample_rate_));
}

std::int64_t jitter_buffer::wanted() const {
  if (mode_ == playout_mode::steady) return target_;
  const duration learnt = estimator_.wanted();
  // Within the first bin there is no jitter to speak of.
  if (learnt <= delay_estimator::bin) return target_;
  return std::clamp(in_samples(learnt + reading_margin), target_, most_);
}

/// By how much the delay should grow; steady: nothing while it is near enough.
std::int64_t jitter_buffer::correction() const {
  const auto error = static_cast<std::int64_t>(static_cast<double>(wanted()) - depth_);
  const bool near_enough = error < in_samples(steady_short) && -error < in_samples(steady_long);
  return mode_ == playout_mode::steady && near_enough ? 0 : error;
}

void jitter_buffer::restart() {
  anchored_ = false;
  playing_ = false;
  have_depth_ = false;
  late_in_a_row_ = 0;
  estimator_.restart();
}

void jitter_buffer::note_other(sequence_number sequence) {
  other_[other_next_] = sequence;
  other_next_ = (other_next_ + 1) % other_.size();
}

std::int64_t jitter_buffer::position_of(rtp_timestamp timestamp) const {
  const anchor& a = timestamp.before(anchor_.timestamp) ? anchor_before_ : anchor_;
  return a.position + std::int64_t{timestamp - a.timestamp} * sample_rate_ / clock_rate_;
}

/// A place behind everything that is there.
std::int64_t jitter_buffer::lay_anew() {
  anchored_ = false;
  have_depth_ = false;
  late_in_a_row_ = 0;
  estimator_.restart();
  return std::max(end_, read_ + target_);
}

/// Where on the timeline, or nothing: too late.
std::optional<std::int64_t> jitter_buffer::place(rtp_timestamp timestamp, sequence_number sequence,
                                                 std::int64_t length) {
  if (!anchored_) return lay_anew();
  const std::int64_t position = position_of(timestamp);
  // Only what is newer than all others can begin another timeline: an old one is merely old.
  const bool newest = !sequence.before(newest_sequence_) || late_in_a_row_ > old_until_anew;
  if (position - read_ > limit_) {
    if (newest) return lay_anew();
    ++late_in_a_row_;
    return std::nullopt;
  }
  if (position >= read_) {
    late_in_a_row_ = 0;
    return position;
  }
  if (late_in_a_row_ == 0) pulls_while_late_ = 0;
  ++late_in_a_row_;
  if (newest && late_in_a_row_ > late_until_anew && pulls_while_late_ >= late_until_anew)
    return lay_anew();
  if (position + length <= read_) return std::nullopt;
  return position;  // its end is still in time
}

/// What is not older than `from` is laid later (or earlier) by so much.
void jitter_buffer::shift(rtp_timestamp from, std::int64_t by) {
  const std::int64_t position = position_of(from);
  anchor_before_ = {from, position};
  anchor_ = {from, position + by};
  depth_ += static_cast<double>(by);
}

/// Compares the delay with what the arrivals want, and moves what is still to come. A packet that
/// is newer than all others may be moved itself when a pause lies before it.
void jitter_buffer::adapt(rtp_timestamp timestamp, sequence_number sequence, std::int64_t length,
                          time_point arrived) {
  const duration excess = estimator_.on_packet(timestamp, arrived);
  const auto depth = static_cast<double>(position_of(timestamp) - read_) +
                     std::chrono::duration<double>(excess).count() * sample_rate_;
  depth_ = have_depth_ ? depth_ + (depth - depth_) * depth_smoothing : depth;
  have_depth_ = true;
  if (timestamp.before(newest_timestamp_)) return;

  const auto ticks = std::int64_t{timestamp - newest_timestamp_} * sample_rate_ / clock_rate_;
  const std::int64_t pause = ticks - newest_length_;
  const bool paused = pause > 0 && sequence == newest_sequence_ + 1;
  const std::int64_t error = correction();
  if (paused) {
    // Never onto what is there.
    shift(timestamp, std::max({error, end_ - position_of(timestamp), -pause}));
  } else if (error > in_samples(too_short)) {
    shift(timestamp + static_cast<std::uint32_t>(length * clock_rate_ / sample_rate_), error);
  }
}

void jitter_buffer::put(rtp_timestamp timestamp, sequence_number sequence,
                        std::span<const std::int16_t> samples, std::optional<time_point> arrived) {
  if (!samples.empty() && !lay(timestamp, sequence, samples, arrived, false)) ++late_;
}

bool jitter_buffer::put_made_up(rtp_timestamp timestamp, sequence_number sequence,
                                std::span<const std::int16_t> samples) {
  return !samples.empty() && lay(timestamp, sequence, samples, std::nullopt, false);
}

void jitter_buffer::put_extra(rtp_timestamp timestamp, sequence_number sequence,
                              std::span<const std::int16_t> samples) {
  if (anchored_ && !samples.empty())
    static_cast<void>(lay(timestamp, sequence, samples, std::nullopt, true));
}

/// False: its time has passed, or it does not fit.
bool jitter_buffer::lay(rtp_timestamp timestamp, sequence_number sequence,
                        std::span<const std::int16_t> samples, std::optional<time_point> arrived,
                        bool extra) {
  auto length = static_cast<std::int64_t>(samples.size());
  const bool first = !anchored_;
  auto start = place(timestamp, sequence, length);
  if (!anchored_ && start) {
    anchor_ = anchor_before_ = {timestamp, *start};
    newest_timestamp_ = timestamp;
    newest_sequence_ = sequence;
    newest_length_ = length;
    if (arrived) {
      estimator_.on_packet(timestamp, *arrived);
      depth_ = static_cast<double>(*start - read_);
      have_depth_ = true;
    }
  } else if (arrived && anchored_) {
    adapt(timestamp, sequence, length, *arrived);
    // A pause before it may have moved it.
    if (start) start = position_of(timestamp);
    if (start && *start + length <= read_) start.reset();
  }
  if (start && anchored_) length = room_before_newer(sequence, *start, length);
  const bool fits = start && length > 0 && *start - read_ <= limit_ && count_ < max_packets &&
                    *start + length - read_ <= static_cast<std::int64_t>(ring_.size());
  if (!fits) return false;
  anchored_ = true;
  if (!timestamp.before(newest_timestamp_)) {
    newest_timestamp_ = timestamp;
    newest_sequence_ = sequence;
    newest_length_ = length;
    // Near enough for 32 bits of distance, however long the call.
    if (timestamp - anchor_.timestamp > static_cast<std::int32_t>(clock_rate_))
      anchor_ = anchor_before_ = {timestamp, *start};
  }
  const std::size_t mask = ring_.size() - 1;
  for (std::int64_t i = std::max<std::int64_t>(0, read_ - *start); i < length; ++i)
    ring_[static_cast<std::size_t>(*start + i) & mask] = samples[static_cast<std::size_t>(i)];
  end_ = std::max(end_, *start + length);
  insert(entry{*start, length, sequence, first, extra});
  return true;
}

/// What the delay has done since may have laid newer packets where an old one would end, or played
/// them already: how much of it can still be heard before them.
std::int64_t jitter_buffer::room_before_newer(sequence_number sequence, std::int64_t start,
                                              std::int64_t length) const {
  for (std::size_t i = count_; i > 0; --i) {
    const entry& other = waiting_[i - 1];
    if (sequence.before(other.sequence)) length = std::min(length, other.start - start);
    if (other.first) return length;  // what has been played is of another source
  }
  return playing_ && sequence.before(played_sequence_) ? 0 : length;
}

void jitter_buffer::insert(const entry& e) {
  std::size_t at = count_;
  for (; at > 0 && waiting_[at - 1].start > e.start; --at) waiting_[at] = waiting_[at - 1];
  waiting_[at] = e;
  ++count_;
}

/// Sequence numbers between the last packet played and this one that never came in time.
std::int64_t jitter_buffer::missing_before(sequence_number sequence) const {
  std::int64_t missing = std::int64_t{sequence - played_sequence_} - 1;
  for (const auto& other : other_)
    if (other && played_sequence_.before(*other) && other->before(sequence)) --missing;
  return missing;
}

/// The packet starts to play: what was silent before it is known to be loss or a pause only now.
void jitter_buffer::begin(const entry& e) {
  if (e.first) playing_ = false;
  if (playing_ && e.start > played_to_) {
    const std::int64_t lost = missing_before(e.sequence) * std::max(e.length, played_length_);
    if (lost > 0) concealed_ += static_cast<std::uint64_t>(std::min(lost, e.start - played_to_));
  }
  playing_ = true;
  played_sequence_ = e.sequence;
  played_to_ = std::max(played_to_, e.start + e.length);
  if (!e.extra) played_length_ = e.length;
  covered_to_ = std::max(covered_to_, e.start + e.length);
}

jitter_buffer::piece jitter_buffer::peek(std::span<std::int16_t> out) const {
  const std::size_t mask = ring_.size() - 1;
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = ring_[static_cast<std::size_t>(read_ + static_cast<std::int64_t>(i)) & mask];

  piece p;
  const std::int64_t end = read_ + static_cast<std::int64_t>(out.size());
  std::int64_t at = std::max(read_, covered_to_);
  const auto tell = [&](std::int64_t to) {
    if (to <= at) return;
    if (p.gap_count == max_gaps)
      --p.gap_count;  // the last one grows over what lies between
    else
      p.gaps[p.gap_count].offset = static_cast<std::size_t>(at - read_);
    gap& g = p.gaps[p.gap_count++];
    g.length = static_cast<std::size_t>(to - read_) - g.offset;
  };
  for (std::size_t i = 0; i < count_ && waiting_[i].start < end; ++i) {
    tell(waiting_[i].start);
    at = std::max(at, waiting_[i].start + waiting_[i].length);
  }
  tell(end);
  return p;
}

void jitter_buffer::consume(std::size_t count, std::size_t left_out) {
  const std::size_t mask = ring_.size() - 1;
  for (std::size_t i = 0; i < count; ++i)
    ring_[static_cast<std::size_t>(read_ + static_cast<std::int64_t>(i)) & mask] = 0;
  read_ += static_cast<std::int64_t>(count);
  depth_ -= static_cast<double>(left_out);
  ++pulls_while_late_;

  std::size_t begun = 0;
  while (begun < count_ && waiting_[begun].start < read_) begin(waiting_[begun++]);
  std::copy(waiting_.begin() + static_cast<std::ptrdiff_t>(begun),
            waiting_.begin() + static_cast<std::ptrdiff_t>(count_), waiting_.begin());
  count_ -= begun;
}

jitter_buffer::piece jitter_buffer::pull(std::span<std::int16_t> out) {
  const piece p = peek(out);
  consume(out.size());
  return p;
}

std::size_t jitter_buffer::surplus() const {
  if (!have_depth_) return 0;
  const duration tolerated = mode_ == playout_mode::steady ? steady_long : too_long;
  const auto more = static_cast<std::int64_t>(depth_) - wanted();
  return more > in_samples(tolerated) ? static_cast<std::size_t>(more) : 0;
}

}  // namespace sipvoice::rtp
