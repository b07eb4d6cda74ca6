#include "sipvoice/audio/tone_bank.hpp"

#include <cmath>
#include <numbers>

namespace sipvoice::audio {
namespace {

constexpr std::array<double, tone_bank::tones> hz{697, 770, 852, 941, 1209, 1336, 1477, 1633};

std::complex<float> turned(double radians) {
  return {static_cast<float>(std::cos(radians)), static_cast<float>(std::sin(radians))};
}

}  // namespace

tone_bank::tone_bank(std::uint32_t sample_rate) : block_samples_(sample_rate / blocks_a_second) {
  const auto n = static_cast<double>(block_samples_);
  for (std::size_t i = 0; i < lines; ++i) {
    const double w = 2 * std::numbers::pi * hz[i % tones] * (i < tones ? 1 : 2) / sample_rate;
    factor_[i] = static_cast<float>(2 * std::cos(w));
    step_[i] = turned(-w);
    start_[i] = turned(-w * (n - 1));
    advance_[i] = static_cast<float>(w * n);
    back_[i] = turned(-w * n);
  }
}

std::optional<tone_bank::block> tone_bank::push(float sample) {
  energy_ += sample * sample;
  for (std::size_t i = 0; i < lines; ++i) {
    const float next = sample + factor_[i] * one_[i] - two_[i];
    two_[i] = one_[i];
    one_[i] = next;
  }
  if (++count_ < block_samples_) return std::nullopt;
  const block out = take();
  reset();
  return out;
}

tone_bank::block tone_bank::take() {
  block b;
  b.energy = energy_;
  for (std::size_t i = 0; i < lines; ++i) b.line[i] = (one_[i] - step_[i] * two_[i]) * start_[i];
  return b;
}

void tone_bank::reset() {
  count_ = 0;
  energy_ = 0;
  one_ = two_ = {};
}

}  // namespace sipvoice::audio
