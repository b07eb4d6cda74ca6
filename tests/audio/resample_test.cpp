#include "sipvoice/audio/resample.hpp"

#include <array>
#include <cmath>
#include <vector>

#include "sipvoice/audio/tone.hpp"
#include "support/catch.hpp"

using namespace sipvoice::audio;

TEST_CASE("resampling keeps length and alignment") {
  struct row {
    std::uint32_t from, to;
    std::size_t in, out;
  };
  const std::array<row, 8> rows{{{8000, 16000, 8000, 16000},
                                 {16000, 8000, 16000, 8000},
                                 {44100, 8000, 44100, 8000},
                                 {48000, 8000, 48000, 8000},
                                 {11025, 8000, 22050, 16000},
                                 {8000, 8000, 1234, 1234},
                                 {44100, 8000, 1, 1},
                                 {8000, 48000, 0, 0}}};
  for (const row& r : rows) {
    INFO(r.from << " to " << r.to);
    std::vector<std::int16_t> in(r.in);
    sine(440, r.from, 0.5).fill(in);
    const auto out = resample(in, r.from, r.to);
    REQUIRE(out.size() == r.out);
    if (out.size() < 1000) continue;
    std::vector<std::int16_t> expected(out.size());
    sine(440, r.to, 0.5).fill(expected);
    // Away from the edges the same sine at the same place: error under -40 dB of it.
    double error = 0, power = 0;
    for (std::size_t i = 400; i + 400 < out.size(); ++i) {
      error += std::pow(out[i] - expected[i], 2);
      power += std::pow(expected[i], 2);
    }
    CHECK(error < power * 1e-4);
  }
}

TEST_CASE("resampling keeps what lies at the very end") {
  std::vector<std::int16_t> in(16000, 0);
  for (std::size_t i = in.size() - 400; i < in.size(); ++i) in[i] = 8000;
  const auto out = resample(in, 16000, 8000);
  REQUIRE(out.size() == 8000);
  CHECK(std::abs(out[7900] - 8000) < 100);
  CHECK(std::abs(out[7000]) < 10);
}

TEST_CASE("a sine made in pieces is the sine made at once") {
  std::vector<std::int16_t> whole(1000), pieces(1000);
  sine(1000.5, 8000, 0.9).fill(whole);
  sine s(1000.5, 8000, 0.9);
  const std::span<std::int16_t> all(pieces);
  s.fill(all.first(7));
  s.fill(all.subspan(7, 500));
  s.fill(all.subspan(507));
  CHECK(whole == pieces);
  CHECK(*std::max_element(whole.begin(), whole.end()) > 29000);

  std::vector<std::int16_t> loud(1000, 32000);
  sine(300, 8000, 1.0).add(loud);
  CHECK(*std::max_element(loud.begin(), loud.end()) == 32767);
}

TEST_CASE("digits have the tones of Q.23") {
  struct row {
    std::uint8_t event;
    double low, high;
  };
  const std::array<row, 6> rows{{{0, 941, 1336},
                                 {1, 697, 1209},
                                 {9, 852, 1477},
                                 {10, 941, 1209},
                                 {11, 941, 1477},
                                 {15, 941, 1633}}};
  for (const row& r : rows) {
    CHECK(tones_of(r.event).low_hz == r.low);
    CHECK(tones_of(r.event).high_hz == r.high);
  }
}
