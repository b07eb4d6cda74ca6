#include "sipvoice/audio/stream_resampler.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "sipvoice/audio/tone.hpp"
#include "support/catch.hpp"

using namespace sipvoice::audio;

TEST_CASE("10 ms become 10 ms between all rates, from the first piece on") {
  constexpr std::array<std::uint32_t, 6> rates{8000, 16000, 24000, 32000, 44100, 48000};
  for (const std::uint32_t from : rates)
    for (const std::uint32_t to : rates) {
      if (from == to) continue;
      stream_resampler r(from, to);
      const std::vector<std::int16_t> in(from / 100);
      std::vector<std::int16_t> out(r.length_of(in.size()));
      INFO(from << " to " << to);
      CHECK(out.size() == to / 100);
      for (int i = 0; i < 50; ++i) CHECK(r.process(in, out) == to / 100);
    }
}

TEST_CASE("pieces make one tone, as loud as it was") {
  stream_resampler r(8000, 48000);
  sine tone(440, 8000, 0.5);
  std::vector<std::int16_t> all;
  for (int i = 0; i < 50; ++i) {
    std::vector<std::int16_t> in(160), out(960);
    tone.fill(in);
    CHECK(r.process(in, out) == 960);
    all.insert(all.end(), out.begin(), out.end());
  }
  // A sine obeys x[n-1] + x[n+1] = 2 cos(w) x[n]; a click does not.
  const double k = 2 * std::cos(2 * 3.14159265358979 * 440 / 48000);
  double worst = 0, loudest = 0;
  for (std::size_t i = 4800; i + 1 < all.size(); ++i) {
    worst = std::max(worst, std::abs(all[i - 1] + all[i + 1] - k * all[i]));
    loudest = std::max(loudest, std::abs(double{1} * all[i]));
  }
  CHECK(worst < 100);
  CHECK(loudest == Approx(16384).epsilon(0.02));
}

TEST_CASE("a frame is filled from as much as it takes") {
  stream_resampler r(44100, 8000);
  const std::vector<std::int16_t> sound(44100);
  std::span<const std::int16_t> rest(sound);
  std::vector<std::int16_t> frame(160);
  std::size_t frames = 0;
  while (r.fill(rest, frame) == frame.size()) ++frames;
  CHECK(rest.empty());
  CHECK(frames >= 49);
  CHECK(frames <= 50);
}
