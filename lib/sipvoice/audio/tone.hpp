// A sine that can be made piece by piece without a click between the pieces.
#pragma once

#include <cstdint>
#include <span>

namespace sipvoice::audio {

class sine {
 public:
  sine() = default;
  /// `amplitude` 0..1 of full scale; frequency in Hz below half the sample rate.
  sine(double frequency_hz, std::uint32_t sample_rate, double amplitude);
  /// Writes the next samples.
  void fill(std::span<std::int16_t> out);
  /// Adds the next samples to what is there, clipped.
  void add(std::span<std::int16_t> out);

 private:
  [[nodiscard]] double next();

  double step_ = 0, amplitude_ = 0, phase_ = 0;
};

/// The two tones of a digit by event number 0..15 (ITU-T Q.23): row and column, in Hz.
struct digit_tones {
  double low_hz = 0, high_hz = 0;
};
[[nodiscard]] digit_tones tones_of(std::uint8_t event);

}  // namespace sipvoice::audio
