#include "sipvoice/audio/pitch.hpp"

#include <algorithm>
#include <cmath>

namespace sipvoice::audio {
namespace {

/// Every second sample decides at 8 kHz, every twelfth at 48 kHz: voices have their pitch far
/// below.
std::size_t stride_of(const pitch_range& range) {
  return std::max<std::size_t>(1, range.longest / 60);
}

/// How much two pieces are alike, whatever their loudness.
double likeness(const std::int16_t* a, const std::int16_t* b, std::size_t window,
                std::size_t stride) {
  double cross = 0, energy_a = 0, energy_b = 0;
  for (std::size_t i = 0; i < window; i += stride) {
    const double x = a[i], y = b[i];
    cross += x * y;
    energy_a += x * x;
    energy_b += y * y;
  }
  const double scale = std::sqrt(energy_a * energy_b);
  return scale > 0 ? cross / scale : 0;
}

/// `like(lag)` tells how much the piece is like the one at that lag. Coarse steps, then fine ones.
template <class F>
pitch search(const pitch_range& range, std::size_t stride, F&& like) {
  pitch best{range.longest, -1};
  for (std::size_t lag = range.shortest; lag <= range.longest; lag += stride)
    if (const double l = like(lag); l > best.likeness) best = {lag, l};
  const std::size_t low = std::max(range.shortest, best.period - (stride - 1));
  const std::size_t high = std::min(range.longest, best.period + (stride - 1));
  for (std::size_t lag = low; lag <= high; ++lag)
    if (const double l = like(lag); l > best.likeness) best = {lag, l};
  return best;
}

}  // namespace

pitch find_pitch_before(std::span<const std::int16_t> sound, std::size_t window,
                        const pitch_range& range) {
  const std::size_t stride = stride_of(range);
  const std::int16_t* piece = sound.data() + (sound.size() - window);
  return search(range, stride,
                [&](std::size_t lag) { return likeness(piece, piece - lag, window, stride); });
}

pitch find_pitch_after(std::span<const std::int16_t> sound, std::size_t window,
                       const pitch_range& range) {
  const std::size_t stride = stride_of(range);
  const std::int16_t* piece = sound.data();
  return search(range, stride,
                [&](std::size_t lag) { return likeness(piece, piece + lag, window, stride); });
}

void cross_fade(std::span<const std::int16_t> from, std::span<const std::int16_t> to,
                std::span<std::int16_t> out) {
  const auto length = static_cast<std::int32_t>(out.size());
  for (std::int32_t i = 0; i < length; ++i) {
    const auto at = static_cast<std::size_t>(i);
    out[at] = static_cast<std::int16_t>(
        (std::int32_t{from[at]} * (length - i) + std::int32_t{to[at]} * i) / length);
  }
}

}  // namespace sipvoice::audio
