#include "sipvoice/audio/concealer.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "sipvoice/audio/tone.hpp"
#include "support/catch.hpp"

using namespace sipvoice;
using sound = std::vector<std::int16_t>;

namespace {

/// A voice of sorts: a fundamental and overtones that get weaker.
sound voice(double hz, std::uint32_t rate, std::size_t samples) {
  sound out(samples);
  for (std::size_t i = 0; i < samples; ++i) {
    double v = 0;
    for (int k = 1; k <= 5; ++k)
      v += std::sin(2 * 3.14159265358979 * hz * k * static_cast<double>(i) / rate + k) / k;
    out[i] = static_cast<std::int16_t>(v * 5000);
  }
  return out;
}
int steepest(std::span<const std::int16_t> s) {
  int most = 0;
  for (std::size_t i = 1; i < s.size(); ++i) most = std::max(most, std::abs(s[i] - s[i - 1]));
  return most;
}
double loudness(std::span<const std::int16_t> s) {
  double sum = 0;
  for (const double v : s) sum += v * v;
  return std::sqrt(sum / static_cast<double>(s.size()));
}

}  // namespace

TEST_CASE("the pitch of a voice is found") {
  for (const std::uint32_t rate : {8000u, 16000u, 48000u}) {
    const auto range = audio::pitch_range::at(rate);
    for (const double hz : {80.0, 110.0, 160.0, 210.0, 330.0}) {
      CAPTURE(rate, hz);
      const sound s = voice(hz, rate, rate / 10);
      const auto before = audio::find_pitch_before(s, rate / 50, range);
      const auto after = audio::find_pitch_after(s, rate / 50, range);
      for (const auto& p : {before, after}) {
        // A multiple of the period is as good.
        const double periods = static_cast<double>(p.period) * hz / rate;
        CHECK(std::abs(periods - std::round(periods)) < 0.06);
        CHECK(p.likeness > 0.95);
      }
    }
  }
  const sound silence(1600, 0);
  CHECK(audio::find_pitch_before(silence, 160, audio::pitch_range::at(8000)).likeness == 0);
}

TEST_CASE("what is all there passes untouched, and so does the first sound after silence") {
  audio::concealer c(8000);
  sound nothing(160, 77);
  c.missing(nothing);
  CHECK(nothing == sound(160, 0));
  const sound s = voice(120, 8000, 160 * 20);
  for (std::size_t k = 0; k < 20; ++k) {
    const sound frame(s.begin() + static_cast<std::ptrdiff_t>(160 * k),
                      s.begin() + static_cast<std::ptrdiff_t>(160 * (k + 1)));
    sound out = frame;
    c.heard(out);
    CHECK(out == frame);
  }
}

TEST_CASE("a hole is filled without a click, fades, and ends") {
  for (const std::uint32_t rate : {8000u, 16000u, 48000u}) {
    for (const double hz : {90.0, 130.0, 250.0}) {
      for (const std::size_t lost : {1u, 2u, 3u, 5u, 20u}) {
        CAPTURE(rate, hz, lost);
        const std::size_t frame = rate / 50;
        const sound s = voice(hz, rate, frame * 40);
        audio::concealer c(rate);
        sound out = s;
        for (std::size_t k = 0; k < 40; ++k) {
          const auto part = std::span(out).subspan(frame * k, frame);
          if (k >= 10 && k < 10 + lost)
            c.missing(part);
          else
            c.heard(part);
        }
        const int natural = steepest(s);
        CHECK(steepest(out) <= natural * 3 / 2);
        // The first 10 ms are as loud as the voice; 60 ms later there is silence.
        const auto hole = std::span(out).subspan(frame * 10, frame * lost);
        CHECK(loudness(hole.first(rate / 100)) > 0.7 * loudness(s));
        if (lost > 3) {
          const auto rest = hole.subspan(3 * frame + 1);
          CHECK(std::all_of(rest.begin(), rest.end(), [](std::int16_t v) { return v == 0; }));
        }
        // 10 ms after it everything is as it was said.
        const std::size_t after = (10 + lost) * frame + rate / 100;
        CHECK(std::equal(out.begin() + static_cast<std::ptrdiff_t>(after), out.end(),
                         s.begin() + static_cast<std::ptrdiff_t>(after)));
      }
    }
  }
}

TEST_CASE("one lost packet of a steady voice is hardly a loss") {
  const sound s = voice(125, 8000, 160 * 20);
  audio::concealer c(8000);
  sound out = s;
  for (std::size_t k = 0; k < 20; ++k) {
    const auto part = std::span(out).subspan(160 * k, 160);
    if (k == 10)
      c.missing(part);
    else
      c.heard(part);
  }
  sound difference(160);
  for (std::size_t i = 0; i < 160; ++i)
    difference[i] = static_cast<std::int16_t>(out[1600 + i] - s[1600 + i]);
  CHECK(loudness(difference) < 0.25 * loudness(s));
}

TEST_CASE("pieces of any length, in any order") {
  audio::concealer c(8000);
  std::uint32_t state = 1;
  const auto next = [&] { return state = state * 1664525 + 1013904223; };
  for (int i = 0; i < 2000; ++i) {
    sound piece(next() % 500);
    for (auto& v : piece) v = static_cast<std::int16_t>(next() >> 16);
    if (next() % 3 == 0)
      c.missing(piece);
    else
      c.heard(piece);
  }
  sound end(1000, 1);
  c.missing(end);
  CHECK(end.back() == 0);
}
