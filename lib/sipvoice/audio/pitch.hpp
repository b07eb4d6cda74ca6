// The period of what sounds periodic, by normalised cross-correlation.
#pragma once

#include <cstdint>
#include <span>

namespace sipvoice::audio {

/// Lags that are looked at: 66 Hz to 400 Hz, the voices that there are.
struct pitch_range {
  std::size_t shortest = 0, longest = 0;  ///< samples
  [[nodiscard]] static constexpr pitch_range at(std::uint32_t sample_rate) {
    return {sample_rate / 400, sample_rate * 15 / 1000};
  }
};

struct pitch {
  std::size_t period = 0;  ///< samples
  double likeness = 0;     ///< -1 to 1: how much one period is like the next
};

/// The lag at which the last `window` samples of `sound` are most like what stands before them.
/// sound.size() is at least window + range.longest.
[[nodiscard]] pitch find_pitch_before(std::span<const std::int16_t> sound, std::size_t window,
                                      const pitch_range& range);
/// The same for the first `window` samples and what stands behind them.
[[nodiscard]] pitch find_pitch_after(std::span<const std::int16_t> sound, std::size_t window,
                                     const pitch_range& range);

/// Mixes `out` over from `from` to `to` along its length, in a straight line. All of one length.
void cross_fade(std::span<const std::int16_t> from, std::span<const std::int16_t> to,
                std::span<std::int16_t> out);

}  // namespace sipvoice::audio
