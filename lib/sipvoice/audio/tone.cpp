#include "sipvoice/audio/tone.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace sipvoice::audio {
namespace {

constexpr double turn = 2 * std::numbers::pi;

std::int16_t clipped(double v) {
  return static_cast<std::int16_t>(std::lround(std::clamp(v, -32768.0, 32767.0)));
}

}  // namespace

sine::sine(double frequency_hz, std::uint32_t sample_rate, double amplitude)
    : step_(turn * frequency_hz / sample_rate), amplitude_(amplitude * 32767.0) {}

double sine::next() {
  const double v = amplitude_ * std::sin(phase_);
  phase_ += step_;
  if (phase_ >= turn) phase_ -= turn;
  return v;
}

void sine::fill(std::span<std::int16_t> out) {
  for (std::int16_t& s : out) s = clipped(next());
}

void sine::add(std::span<std::int16_t> out) {
  for (std::int16_t& s : out) s = clipped(s + next());
}

digit_tones tones_of(std::uint8_t event) {
  constexpr std::array<double, 4> rows{697, 770, 852, 941}, columns{1209, 1336, 1477, 1633};
  struct place {
    std::uint8_t row, column;
  };
  // Events 0-9, *, #, A-D on the keypad 123A / 456B / 789C / *0#D.
  constexpr std::array<place, 16> keypad{{{3, 1},
                                          {0, 0},
                                          {0, 1},
                                          {0, 2},
                                          {1, 0},
                                          {1, 1},
                                          {1, 2},
                                          {2, 0},
                                          {2, 1},
                                          {2, 2},
                                          {3, 0},
                                          {3, 2},
                                          {0, 3},
                                          {1, 3},
                                          {2, 3},
                                          {3, 3}}};
  const place p = keypad[event & 15u];
  return {rows[p.row], columns[p.column]};
}

}  // namespace sipvoice::audio
