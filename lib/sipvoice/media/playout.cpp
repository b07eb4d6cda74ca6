#include "sipvoice/media/playout.hpp"

#include <algorithm>
#include <cstdlib>

namespace sipvoice::media {
namespace {

/// A period is left out only where it is that much like the next one, or where it is quiet.
constexpr double alike = 0.8;
constexpr int quiet = 200;  // of 32768

bool is_quiet(std::span<const std::int16_t> sound) {
  return std::all_of(sound.begin(), sound.end(),
                     [](std::int16_t s) { return std::abs(int{s}) < quiet; });
}

}  // namespace

playout::playout(std::uint32_t sample_rate, std::uint32_t clock_rate,
                 const rtp::playout_delays& delays, rtp::playout_mode mode, bool conceal)
    : sample_rate_(sample_rate),
      conceal_(conceal),
      range_(audio::pitch_range::at(sample_rate)),
      buffer_(sample_rate, clock_rate, delays, mode),
      concealer_(sample_rate),
      room_(max_frame_samples + range_.longest),
      noise_(sample_rate / 25) {}

void playout::conceal(std::span<std::int16_t> frame, std::span<const rtp::gap> missing) {
  std::size_t at = 0;
  const auto sound = [&](std::size_t end) {
    if (end == at) return;
    concealer_.heard(frame.subspan(at, end - at));
    noise_.sound_until(read_ + static_cast<std::int64_t>(end));
  };
  for (const rtp::gap& g : missing) {
    sound(g.offset);
    fill_gap(frame.subspan(g.offset, g.length), read_ + static_cast<std::int64_t>(g.offset));
    at = g.offset + g.length;
  }
  sound(frame.size());
}

/// A loss or a pause: made up, or from where the sender has said that it is silent, noise.
void playout::fill_gap(std::span<std::int16_t> gap, std::int64_t at) {
  const auto begins = noise_.begins(at);
  const auto size = static_cast<std::int64_t>(gap.size());
  const auto lost = static_cast<std::size_t>(begins ? std::min(*begins - at, size) : size);
  if (lost > 0 && conceal_) concealer_.missing(gap.first(lost));
  const auto silent = gap.subspan(lost);
  if (silent.empty()) return;
  if (lost > 0) static_cast<void>(noise_.begins(*begins));
  noise_.fill(silent);
  concealer_.heard(silent);
}

void playout::comfort_noise(std::int64_t in_samples, std::uint8_t level) {
  // A time far from all others is one of another clock: at once.
  const bool near = in_samples >= 0 && in_samples <= std::int64_t{sample_rate_} / 2;
  noise_.tell(read_ + (near ? in_samples : 0), level);
}

/// One period less of the voice: the frame's end comes from a period later. False: not here.
bool playout::pull_shortened(std::span<std::int16_t> frame) {
  const std::size_t surplus = buffer_.surplus();
  if (surplus < range_.longest) return false;
  const auto sound = std::span(room_).first(frame.size() + range_.longest);
  const auto piece = buffer_.peek(sound);
  if (piece.gap_count > 0) return false;
  // The frame's end is faded over into what comes a period later.
  const std::size_t fade = std::min(frame.size(), sample_rate_ / std::size_t{100});
  const std::size_t kept = frame.size() - fade;
  auto cut = audio::find_pitch_after(sound.subspan(kept), fade, range_);
  if (is_quiet(sound)) cut = {range_.longest, 1};
  if (cut.likeness < alike) return false;
  std::copy_n(sound.begin(), kept, frame.begin());
  audio::cross_fade(sound.subspan(kept, fade), sound.subspan(kept + cut.period, fade),
                    frame.subspan(kept));
  const std::size_t taken = frame.size() + cut.period;
  buffer_.consume(taken, cut.period);
  read_ += static_cast<std::int64_t>(taken);
  noise_.sound_until(read_);
  left_out_ += cut.period;
  return true;
}

void playout::pull(std::span<std::int16_t> frame) {
  if (pull_shortened(frame)) {
    concealer_.heard(frame);
    return;
  }
  const auto piece = buffer_.pull(frame);
  conceal(frame, piece.missing());
  read_ += static_cast<std::int64_t>(frame.size());
}

}  // namespace sipvoice::media
