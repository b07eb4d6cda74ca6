#include "sipvoice/audio/compare.hpp"

#include <array>
#include <cmath>
#include <vector>

#include "sipvoice/audio/codec.hpp"
#include "sipvoice/base/random.hpp"
#include "support/catch.hpp"

using namespace sipvoice::audio;

namespace {

using sound = std::vector<std::int16_t>;

/// Noise whose level wanders like speech.
sound speech(std::size_t length, std::uint64_t seed) {
  sipvoice::seeded_random random(seed);
  sound out(length);
  double low = 0;
  for (std::size_t i = 0; i < length; ++i) {
    low += 0.25 * ((static_cast<double>(random.below(20001)) - 10000) - low);
    const double level = std::sin(static_cast<double>(i) / 1500.0);
    out[i] = static_cast<std::int16_t>(low * level * level);
  }
  return out;
}

sound placed(const sound& s, std::int64_t at, std::size_t length, double gain) {
  sound out(length);
  for (std::size_t i = 0; i < s.size(); ++i) {
    const std::int64_t to = at + static_cast<std::int64_t>(i);
    if (to >= 0 && to < static_cast<std::int64_t>(length))
      out[static_cast<std::size_t>(to)] = static_cast<std::int16_t>(std::lround(s[i] * gain));
  }
  return out;
}

}  // namespace

TEST_CASE("a reference is found whatever its delay and level") {
  const sound reference = speech(16000, 1);
  struct row {
    std::int64_t at;
    std::size_t length;
    double gain;
  };
  const std::array<row, 6> rows{{{0, 16000, 1.0},
                                 {777, 20000, 1.0},
                                 {8000, 80000, 0.1},
                                 {63999, 80000, 2.0},
                                 {1, 16001, 0.5},
                                 {-400, 30000, 1.0}}};
  for (const row& r : rows) {
    INFO("at " << r.at << " gain " << r.gain);
    const auto c = find_reference(reference, placed(reference, r.at, r.length, r.gain), 8000);
    CHECK(c.similarity > 0.98);
    CHECK(c.delay_ms == Approx(static_cast<double>(r.at) / 8.0));
    CHECK(c.gain == Approx(r.gain).epsilon(0.04));
    CHECK(c.found > 0.9);
    CHECK(contains(c));
  }
}

TEST_CASE("what went through G.711 is found, another sound is not") {
  const sound reference = speech(24000, 2);
  for (const codec_id codec : {codec_id::pcmu, codec_id::pcma}) {
    std::vector<std::uint8_t> coded(reference.size());
    sound heard(reference.size());
    REQUIRE(make_encoder(codec)->encode(reference, coded) == coded.size());
    REQUIRE(make_decoder(codec)->decode(coded, heard) == heard.size());
    const auto c = find_reference(reference, placed(heard, 4321, 40000, 1.0), 8000);
    CHECK(contains(c));
    CHECK(c.delay_ms == Approx(4321 / 8.0));
  }
  const auto other = find_reference(reference, speech(40000, 3), 8000);
  CHECK(other.similarity < 0.3);
  CHECK(other.found < 0.2);
  CHECK_FALSE(contains(other));
}

TEST_CASE("half of a reference is not the reference") {
  const sound reference = speech(32000, 4);
  sound heard = placed(reference, 1000, 50000, 1.0);
  std::fill(heard.begin() + 17000, heard.end(), std::int16_t{0});
  const auto c = find_reference(reference, heard, 8000);
  CHECK(c.delay_ms == Approx(125.0));
  CHECK(c.found == Approx(0.5).margin(0.05));
  CHECK_FALSE(contains(c));
}

TEST_CASE("loud noise elsewhere does not hide a quiet reference") {
  const sound reference = speech(8000, 5);
  sound heard = placed(reference, 30000, 60000, 0.05);
  sipvoice::seeded_random random(6);
  for (std::size_t i = 0; i < 16000; ++i)
    heard[i] = static_cast<std::int16_t>(static_cast<int>(random.below(60001)) - 30000);
  const auto c = find_reference(reference, heard, 8000);
  CHECK(c.delay_ms == Approx(3750.0));
  CHECK(c.similarity > 0.95);
}

TEST_CASE("silence and nothing are similar to nothing") {
  const sound reference = speech(8000, 7), silence(8000), nothing;
  struct row {
    const sound* reference;
    const sound* heard;
  };
  const std::array<row, 5> rows{{{&reference, &silence},
                                 {&silence, &reference},
                                 {&silence, &silence},
                                 {&nothing, &reference},
                                 {&reference, &nothing}}};
  for (const row& r : rows) {
    const auto c = find_reference(*r.reference, *r.heard, 8000);
    CHECK(c.similarity == 0);
    CHECK(c.found == 0);
    CHECK_FALSE(contains(c));
  }
}

TEST_CASE("a reference longer than the search pattern is measured whole") {
  const sound reference = speech(400000, 8);
  const auto c = find_reference(reference, placed(reference, 5000, 420000, 0.7), 8000);
  CHECK(c.similarity > 0.99);
  CHECK(c.delay_ms == Approx(625.0));
  CHECK(c.found > 0.95);
}
