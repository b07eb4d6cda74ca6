#include "sipvoice/audio/fine_resampler.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace sipvoice::audio {
namespace {

constexpr std::size_t phases = 256;
constexpr std::size_t width = 16;
constexpr double kaiser_beta = 8.0;  // the sides are 80 dB down

/// Modified Bessel function of the first kind, order 0.
double bessel_i0(double x) {
  double sum = 1, term = 1;
  for (int k = 1; k < 40; ++k) {
    term *= (x / 2 / k) * (x / 2 / k);
    sum += term;
  }
  return sum;
}

using row = std::array<float, width>;

/// For a sample at `fraction` behind the 8th of 16.
row weights_at(double fraction) {
  std::array<double, width> w{};
  double sum = 0;
  for (std::size_t i = 0; i < width; ++i) {
    const double x = static_cast<double>(i) - (width / 2 - 1) - fraction;
    const double sinc =
        std::abs(x) < 1e-9 ? 1.0 : std::sin(std::numbers::pi * x) / (std::numbers::pi * x);
    const double edge = x / (width / 2);
    w[i] = sinc * bessel_i0(kaiser_beta * std::sqrt(std::max(0.0, 1 - edge * edge)));
    sum += w[i];
  }
  row out{};
  for (std::size_t i = 0; i < width; ++i) out[i] = static_cast<float>(w[i] / sum);
  return out;
}

const std::array<row, phases + 1>& table() {
  static const auto rows = [] {
    std::array<row, phases + 1> r{};
    for (std::size_t i = 0; i <= phases; ++i) r[i] = weights_at(static_cast<double>(i) / phases);
    return r;
  }();
  return rows;
}

}  // namespace

void fine_resampler::set_ppm(double ppm) {
  step_ = 1 / (1 + std::clamp(ppm, -max_ppm, max_ppm) / 1e6);
}

void fine_resampler::push(std::int16_t sample) {
  past_[oldest_] = past_[oldest_ + taps] = static_cast<float>(sample);
  oldest_ = (oldest_ + 1) % taps;
}

std::int16_t fine_resampler::between() const {
  const double exact = place_ * phases;
  const auto phase = std::min(static_cast<std::size_t>(exact), phases - 1);
  const auto rest = static_cast<float>(exact - static_cast<double>(phase));
  const row &low = table()[phase], &high = table()[phase + 1];
  float sum = 0;
  for (std::size_t i = 0; i < taps; ++i)
    sum += past_[oldest_ + i] * (low[i] + rest * (high[i] - low[i]));
  return static_cast<std::int16_t>(std::lrint(std::clamp(sum, -32768.0F, 32767.0F)));
}

std::size_t fine_resampler::fill(std::span<const std::int16_t>& in, std::span<std::int16_t> out) {
  std::size_t written = 0;
  while (written < out.size()) {
    while (place_ >= 1) {
      if (in.empty()) return written;
      push(in.front());
      in = in.subspan(1);
      place_ -= 1;
    }
    out[written++] = between();
    place_ += step_;
  }
  return written;
}

}  // namespace sipvoice::audio
