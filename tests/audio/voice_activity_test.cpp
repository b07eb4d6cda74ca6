#include "sipvoice/audio/voice_activity.hpp"

#include <array>
#include <cmath>
#include <vector>

#include "sipvoice/base/random.hpp"
#include "support/catch.hpp"

using namespace sipvoice;
using audio::voice_change;

namespace {

double amplitude(double dbfs) { return std::pow(10, dbfs / 20) * 32768 * std::sqrt(2.0); }

/// A line with noise of one level and bursts like syllables of another, judged in 20 ms frames.
struct line {
  std::uint32_t rate;
  audio::voice_activity activity;
  seeded_random random{3};
  std::int64_t now_ms = 0;
  std::vector<std::pair<voice_change, std::int64_t>> changes{};

  explicit line(std::uint32_t r = 8000) : rate(r), activity(r) {}
  void run(int ms, double noise_dbfs, double voice_dbfs = -200) {
    std::size_t n = 0;
    for (int t = 0; t < ms; t += 20) {
      std::vector<std::int16_t> frame(rate / 50);
      for (auto& s : frame) {
        const double u = static_cast<double>(random.next() >> 11) * 0x1p-53 * 2 - 1;
        const double seconds = static_cast<double>(n++) / rate;
        // 200 ms of sound, 60 ms of near silence, as in words.
        const bool syllable = std::fmod(seconds, 0.26) < 0.2;
        double v = u * amplitude(noise_dbfs) * std::sqrt(1.5);
        if (syllable) v += std::sin(2 * 3.14159265 * 180 * seconds) * amplitude(voice_dbfs);
        s = static_cast<std::int16_t>(std::clamp(v, -32767.0, 32767.0));
      }
      now_ms += 20;
      if (const auto c = activity.hear(frame)) changes.emplace_back(c->what, now_ms);
    }
  }
};

}  // namespace

TEST_CASE("speech over backgrounds of every level, at every rate") {
  for (const std::uint32_t rate : {8000u, 16000u, 48000u}) {
    for (const double noise : {-200.0, -70.0, -55.0, -45.0}) {
      CAPTURE(rate, noise);
      line l(rate);
      l.run(2000, noise);
      CHECK(l.changes.empty());
      l.run(3000, noise, -22);
      REQUIRE(l.changes.size() == 1);
      CHECK(l.changes[0].first == voice_change::started);
      CHECK(l.changes[0].second - 2000 <= 60);
      l.run(2000, noise);
      REQUIRE(l.changes.size() == 2);
      CHECK(l.changes[1].first == voice_change::stopped);
      CHECK(l.changes[1].second - 5000 >= 340);
      CHECK(l.changes[1].second - 5000 <= 440);
      CHECK_FALSE(l.activity.speaking());
    }
  }
}

TEST_CASE("speech that is there from the first sample") {
  line l;
  l.run(1000, -70, -25);
  REQUIRE(l.changes.size() == 1);
  CHECK(l.changes[0].second <= 60);
}

TEST_CASE("clicks and quiet sounds are not speech") {
  line l;
  l.run(1000, -65);
  for (int i = 0; i < 20; ++i) {
    l.run(20, -65, -15);  // a click
    l.run(180, -65);
  }
  l.run(2000, -65, -58);
  CHECK(l.changes.empty());
}

TEST_CASE("a noise that begins becomes background, and speech over it is heard") {
  line l;
  l.run(1000, -70);
  l.run(60'000, -40);
  CHECK_FALSE(l.activity.speaking());
  const std::size_t before = l.changes.size();
  CHECK(before <= 2);
  l.run(1000, -40, -15);
  REQUIRE(l.changes.size() == before + 1);
  CHECK(l.changes.back().first == voice_change::started);
}

TEST_CASE("a long speech is one") {
  line l;
  l.run(500, -65);
  l.run(60'000, -65, -20);
  CHECK(l.changes.size() == 1);
}

TEST_CASE("what may be an echo is neither speech nor background") {
  line l;
  l.run(1000, -65);
  const double floor = l.activity.floor_dbfs();
  std::vector<std::int16_t> tone(160);
  for (std::size_t i = 0; i < tone.size(); ++i)
    tone[i] = static_cast<std::int16_t>(1500 * std::sin(2 * 3.14159265 * 0.05 * double(i)));
  const double level = audio::level_dbfs(tone);
  CHECK(level == Approx(20 * std::log10(1500 / 32768.0 / std::sqrt(2.0))).margin(0.2));
  for (int i = 0; i < 200; ++i) CHECK_FALSE(l.activity.hear(tone, level + 1));
  CHECK(l.activity.floor_dbfs() == floor);
  CHECK_FALSE(l.activity.hear(tone, level - 1));
  CHECK(l.activity.hear(tone, level - 1)->what == voice_change::started);
}

TEST_CASE("a pause ends speech and leaves the background as it was") {
  line l;
  l.run(1000, -45);
  l.run(1000, -45, -15);
  REQUIRE(l.activity.speaking());
  const double floor = l.activity.floor_dbfs();
  CHECK_FALSE(l.activity.silence(8 * 370));
  CHECK(l.activity.speaking());
  const auto c = l.activity.silence(8 * 5000);
  REQUIRE(c);
  CHECK(c->what == voice_change::stopped);
  CHECK_FALSE(l.activity.speaking());
  CHECK(l.activity.floor_dbfs() == floor);
  // The noise that was there before is no speech after it either.
  l.changes.clear();
  l.run(1000, -45);
  CHECK(l.changes.empty());
}

TEST_CASE("who speaks goes on speaking when the rate changes") {
  line l;
  l.run(500, -65);
  l.run(500, -65, -20);
  REQUIRE(l.activity.speaking());
  l.activity.use_rate(16000);
  l.rate = 16000;
  l.run(2000, -65, -20);
  CHECK(l.changes.size() == 1);
  l.run(1000, -65);
  REQUIRE(l.changes.size() == 2);
  CHECK(l.changes[1].second - 3000 <= 440);
}
