#include "sipvoice/audio/fine_resampler.hpp"

#include <cmath>
#include <numbers>
#include <vector>

#include "support/catch.hpp"

using namespace sipvoice;

namespace {

constexpr double rate = 48000;

std::vector<std::int16_t> tone(double hz, std::size_t count) {
  std::vector<std::int16_t> out(count);
  for (std::size_t i = 0; i < count; ++i)
    out[i] = static_cast<std::int16_t>(
        std::lrint(10000 * std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / rate)));
  return out;
}

/// Everything, in pieces of uneven length.
std::vector<std::int16_t> stretched(std::span<const std::int16_t> in, double ppm) {
  audio::fine_resampler r;
  r.set_ppm(ppm);
  std::vector<std::int16_t> out;
  std::vector<std::int16_t> piece(100);
  for (std::size_t i = 0; !in.empty(); ++i) {
    const auto room = std::span(piece).first(1 + i * 37 % 100);
    const std::size_t n = r.fill(in, room);
    out.insert(out.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(n));
  }
  return out;
}

/// What is left of the sound in dB below the best sine of that frequency.
double residue_db(std::span<const std::int16_t> x, double hz) {
  double s = 0, c = 0, all = 0;
  const double w = 2 * std::numbers::pi * hz / rate;
  for (std::size_t i = 0; i < x.size(); ++i) {
    s += x[i] * std::sin(w * static_cast<double>(i));
    c += x[i] * std::cos(w * static_cast<double>(i));
  }
  const auto n = static_cast<double>(x.size());
  s *= 2 / n;
  c *= 2 / n;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double t = static_cast<double>(i);
    const double d = x[i] - s * std::sin(w * t) - c * std::cos(w * t);
    all += d * d;
  }
  return 10 * std::log10(all / n / ((s * s + c * c) / 2));
}

}  // namespace

TEST_CASE("At the same speed every sample comes out as it went in") {
  const auto in = tone(3000, 4800);
  const auto out = stretched(in, 0);
  REQUIRE(out.size() == in.size());
  for (std::size_t i = 8; i < out.size(); ++i) REQUIRE(out[i] == in[i - 8]);
}

TEST_CASE("A tone stays a tone, of the right length and pitch") {
  for (const double ppm : {-3000.0, -300.0, 50.0, 1000.0, 10000.0}) {
    for (const double hz : {300.0, 1000.0, 3400.0, 7000.0}) {
      CAPTURE(ppm, hz);
      const auto in = tone(hz, 48000);
      const auto out = stretched(in, ppm);
      CHECK(static_cast<double>(out.size()) == Approx(48000 * (1 + ppm / 1e6)).margin(2));
      const auto inner = std::span<const std::int16_t>(out).subspan(100, 40000);
      CHECK(residue_db(inner, hz / (1 + ppm / 1e6)) < -60);
    }
  }
}

TEST_CASE("The speed has limits, and full scale does not wrap") {
  std::vector<std::int16_t> in(48000);
  for (std::size_t i = 0; i < in.size(); ++i) in[i] = i / 50 % 2 == 0 ? 32767 : -32768;
  const auto out = stretched(in, 1e9);
  CHECK(static_cast<double>(out.size()) == Approx(48000 * 1.01).margin(2));
  // The ringing at its edges is clipped: it never crosses to the other side (but at the ends).
  const auto same = stretched(in, -500);
  int crossings = 0;
  for (std::size_t i = 1; i < same.size(); ++i) crossings += (same[i] < 0) != (same[i - 1] < 0);
  CHECK(crossings == Approx(48000 / 50).margin(10));
}
