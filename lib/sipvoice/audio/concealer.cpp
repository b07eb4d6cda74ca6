#include "sipvoice/audio/concealer.hpp"

#include <algorithm>

namespace sipvoice::audio {
namespace {

constexpr std::size_t history_ms = 60;  // three of the longest periods and a fourth of one
constexpr std::size_t window_ms = 20;   // of the search for the pitch
constexpr std::size_t full_ms = 10;     // at full strength
constexpr std::size_t silent_after_ms = 60;
constexpr std::size_t step_ms = 10;  // a period more each
constexpr std::size_t most_periods = 3;
constexpr std::size_t rejoin_ms = 4, longest_rejoin_ms = 10;
constexpr std::int32_t unit = 1 << 14;

}  // namespace

concealer::concealer(std::uint32_t sample_rate)
    : rate_(sample_rate),
      range_(pitch_range::at(sample_rate)),
      history_(ms(history_ms)),
      loop_(most_periods * range_.longest),
      fade_(ms(longest_rejoin_ms)) {}

void concealer::remember(std::span<const std::int16_t> sound) {
  if (sound.size() >= history_.size()) {
    std::copy(sound.end() - static_cast<std::ptrdiff_t>(history_.size()), sound.end(),
              history_.begin());
    return;
  }
  std::move(history_.begin() + static_cast<std::ptrdiff_t>(sound.size()), history_.end(),
            history_.begin());
  std::copy(sound.begin(), sound.end(), history_.end() - static_cast<std::ptrdiff_t>(sound.size()));
}

/// The last `periods` periods, their end faded over into what stands before their beginning, so
/// that the loop has no seam.
void concealer::lengthen(std::size_t periods) {
  // It goes on where it is in the voice: the new loop has more before that.
  const std::size_t before_size = loop_size_;
  periods_ = periods;
  loop_size_ = periods * period_;
  loop_at_ = before_size == 0 ? 0 : loop_size_ - before_size;
  const auto last = std::span(history_).last(loop_size_);
  std::copy(last.begin(), last.end(), loop_.begin());
  const std::size_t overlap = period_ / 4;
  const auto before = std::span(history_).last(loop_size_ + overlap).first(overlap);
  const auto end = std::span(loop_).first(loop_size_).last(overlap);
  cross_fade(end, before, end);
}

void concealer::begin_hole() {
  period_ = find_pitch_before(history_, ms(window_ms), range_).period;
  loop_size_ = 0;
  lengthen(1);
}

/// Of the moment hole_, in 1/unit.
std::int32_t concealer::gain() const {
  const std::size_t full = ms(full_ms), silent = ms(silent_after_ms);
  if (hole_ <= full) return unit;
  if (hole_ >= silent) return 0;
  return static_cast<std::int32_t>(static_cast<std::size_t>(unit) * (silent - hole_) /
                                   (silent - full));
}

void concealer::synthesize(std::span<std::int16_t> out) {
  for (std::int16_t& sample : out) {
    const std::size_t wanted = std::min(most_periods, 1 + hole_ / ms(step_ms));
    // Only where the loop begins anew, so that nothing breaks off.
    if (wanted > periods_ && loop_at_ == 0) lengthen(wanted);
    sample = static_cast<std::int16_t>(std::int32_t{loop_[loop_at_]} * gain() / unit);
    loop_at_ = loop_at_ + 1 == loop_size_ ? 0 : loop_at_ + 1;
    ++hole_;
  }
}

void concealer::missing(std::span<std::int16_t> sound) {
  if (sound.empty()) return;
  if (!anything_heard_) {
    std::fill(sound.begin(), sound.end(), std::int16_t{0});
    return;
  }
  if (hole_ == 0) begin_hole();
  synthesize(sound);
}

void concealer::heard(std::span<std::int16_t> sound) {
  if (sound.empty()) return;
  anything_heard_ = true;
  if (hole_ > 0) {
    // The longer the hole, the less the two fit: a longer fade (G.711 appendix I, 4 ms and more).
    const std::size_t length =
        std::min({ms(rejoin_ms) + hole_ / 10, ms(longest_rejoin_ms), sound.size()});
    const auto end = std::span(fade_).first(length);
    synthesize(end);
    remember(sound);  // what was really said
    cross_fade(end, sound.first(length), sound.first(length));
    hole_ = 0;
    return;
  }
  remember(sound);
}

}  // namespace sipvoice::audio
