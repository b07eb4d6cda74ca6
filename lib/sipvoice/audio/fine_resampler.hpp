// One stream by a little faster or slower than it came: for two clocks that should be one.
//
// Band-limited interpolation over 16 samples; at the same speed every sample comes out as it went
// in. The speed may change at any moment without a seam. Allocates nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace sipvoice::audio {

class fine_resampler {
 public:
  static constexpr double max_ppm = 10'000;

  /// So many samples more come out of a million; negative: fewer. Clamped to max_ppm.
  void set_ppm(double ppm);
  /// Fills `out` from the front of `in`, which loses what was taken. Returns the samples written:
  /// all of `out`, unless `in` has come to its end. The sound is late by 8 samples.
  std::size_t fill(std::span<const std::int16_t>& in, std::span<std::int16_t> out);

 private:
  static constexpr std::size_t taps = 16;
  [[nodiscard]] std::int16_t between() const;
  void push(std::int16_t sample);

  /// The last 16 samples, twice, so that they always stand in one piece somewhere.
  std::array<float, 2 * taps> past_{};
  std::size_t oldest_ = 0;
  double place_ = 1;  ///< of the next sample, from the middle of past_; 1 or more: first one more
  double step_ = 1;
};

}  // namespace sipvoice::audio
