#include "sipvoice/audio/dtmf_detector.hpp"

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "sipvoice/audio/codec.hpp"
#include "sipvoice/audio/tone.hpp"
#include "support/catch.hpp"

using namespace sipvoice;

namespace {

using sound = std::vector<std::int16_t>;
constexpr const char* digits = "0123456789*#ABCD";

/// Amplitude, 1 at full scale, of a sine of this level.
double amplitude(double dbm0) { return std::pow(10, (dbm0 - 3.14) / 20); }

struct press {
  std::uint8_t event = 5;
  double row_dbm0 = -10, column_dbm0 = -10;
  double row_off = 0, column_off = 0;  ///< of the frequency, in percent
  double ms = 80;
};

struct tape {
  std::uint32_t rate = 8000;
  sound samples;

  std::size_t length(double ms) const {
    return static_cast<std::size_t>(std::lround(ms * rate / 1000));
  }
  tape& silence(double ms) {
    samples.resize(samples.size() + length(ms));
    return *this;
  }
  tape& add(const press& p) {
    const auto t = audio::tones_of(p.event);
    audio::sine row(t.low_hz * (1 + p.row_off / 100), rate, amplitude(p.row_dbm0));
    audio::sine column(t.high_hz * (1 + p.column_off / 100), rate, amplitude(p.column_dbm0));
    sound s(length(p.ms));
    row.fill(s);
    column.add(s);
    samples.insert(samples.end(), s.begin(), s.end());
    return *this;
  }
  /// White noise over all of it, so loud against full scale.
  tape& noise(double dbm0, std::uint32_t seed = 1) {
    std::mt19937 random(seed);
    std::normal_distribution<double> n(0, amplitude(dbm0) / std::sqrt(2) * 32767);
    for (std::int16_t& s : samples)
      s = static_cast<std::int16_t>(std::clamp(s + std::lround(n(random)), -32768L, 32767L));
    return *this;
  }
};

/// "5/80 5/80": what was heard, the sound given in packets of 20 ms; `lost`: this one is not.
std::vector<audio::dtmf_detector::digit> heard(const tape& t, int lost_from = -1, int lost = 0) {
  audio::dtmf_detector d(t.rate);
  std::vector<audio::dtmf_detector::digit> out;
  const std::size_t packet = t.rate / 50;
  for (std::size_t at = 0, n = 0; at < t.samples.size(); at += packet, ++n) {
    const auto piece = std::span(t.samples).subspan(at, std::min(packet, t.samples.size() - at));
    const int number = static_cast<int>(n);
    if (number >= lost_from && number < lost_from + lost)
      d.missing(piece.size());
    else
      d.push(piece);
    while (const auto digit = d.poll()) out.push_back(*digit);
  }
  return out;
}
std::string values(const tape& t, int lost_from = -1, int lost = 0) {
  std::string s;
  for (const auto& d : heard(t, lost_from, lost)) s += d.value;
  return s;
}

tape one(const press& p, double before_ms = 50, std::uint32_t rate = 8000) {
  tape t{rate, {}};
  return t.silence(before_ms).add(p).silence(120);
}

}  // namespace

TEST_CASE("every digit at every rate and level, once, with its duration") {
  for (const std::uint32_t rate : {8000U, 16000U, 24000U, 44100U, 48000U})
    for (std::uint8_t event = 0; event < 16; ++event)
      for (const double level : {-34., -25., -10., -4.}) {
        if (rate > 16000 && level < -10 && level > -30) continue;
        INFO(rate << " Hz, " << digits[event] << ", " << level << " dBm0");
        const auto all = heard(one({event, level, level, 0, 0, 100}, 53, rate));
        REQUIRE(all.size() == 1);
        CHECK(all[0].value == digits[event]);
        CHECK(all[0].complete);
        CHECK(all[0].duration_ms >= 92);
        CHECK(all[0].duration_ms <= 108);
      }
}

TEST_CASE("limits of level, twist, frequency and duration") {
  struct row {
    const char* what;
    press p;
    bool accepted;
  };
  const std::vector<row> rows{
      {"quiet", {5, -35, -35}, true},
      {"too quiet", {5, -40, -40}, false},
      {"one too quiet", {5, -33, -40}, false},
      {"row louder by 7.5 dB", {5, -8, -15.5}, true},
      {"row louder by 9 dB", {5, -8, -17}, false},
      {"column louder by 3.5 dB", {5, -13.5, -10}, true},
      {"column louder by 5 dB", {5, -15, -10}, false},
      {"both 1.5 % high", {5, -10, -10, 1.5, 1.5}, true},
      {"both 1.5 % low", {5, -10, -10, -1.5, -1.5}, true},
      {"row high, column low", {5, -10, -10, 1.5, -1.5}, true},
      {"row low, column high", {5, -10, -10, -1.5, 1.5}, true},
      {"row 3.5 % high", {5, -10, -10, 3.5, 0}, false},
      {"row 3.5 % low", {5, -10, -10, -3.5, 0}, false},
      {"column 3.5 % high", {5, -10, -10, 0, 3.5}, false},
      {"column 3.5 % low", {5, -10, -10, 0, -3.5}, false},
      {"40 ms", {5, -10, -10, 0, 0, 40}, true},
      {"20 ms", {5, -10, -10, 0, 0, 20}, false},
      {"10 ms", {5, -10, -10, 0, 0, 10}, false},
      {"no column", {5, -10, -90}, false},
      {"no row", {5, -90, -10}, false},
  };
  for (const std::uint32_t rate : {8000U, 16000U, 48000U})
    for (const row& r : rows)
      for (std::uint8_t event = 0; event < 16; ++event)
        for (const double before : rate == 8000 ? std::vector{50., 51.3, 53.7} : std::vector{52.}) {
          press p = r.p;
          p.event = event;
          INFO(r.what << ": " << digits[event] << " at " << rate << " Hz after " << before
                      << " ms");
          CHECK(values(one(p, before, rate)) ==
                (r.accepted ? std::string(1, digits[event]) : std::string()));
        }
}

TEST_CASE("gaps part two presses, short interruptions do not") {
  struct row {
    double gap_ms;
    const char* digits;
  };
  for (const row& r : std::vector<row>{{0, "7"}, {5, "7"}, {10, "7"}, {40, "77"}, {60, "77"}})
    for (const double before : {50., 51.1, 52.5, 54.9}) {
      INFO(r.gap_ms << " ms, after " << before);
      tape t;
      t.silence(before).add({7}).silence(r.gap_ms).add({7}).silence(120);
      CHECK(values(t) == r.digits);
    }
  // Another digit needs no gap.
  tape t;
  t.silence(50).add({1}).add({2}).add({3}).silence(100);
  CHECK(values(t) == "123");
  const auto long_one = heard(one({9, -10, -10, 0, 0, 12'000}));
  REQUIRE(long_one.size() == 1);
  CHECK(long_one[0].duration_ms >= 11'990);
  CHECK(long_one[0].duration_ms <= 12'010);
}

TEST_CASE("a digit with packets missing is one, two with theirs stay two") {
  for (int lost_from = 0; lost_from < 14; ++lost_from)
    for (int lost = 1; lost <= 3; ++lost) {
      INFO(lost << " packets from " << lost_from);
      tape t;
      t.silence(60).add({5, -10, -10, 0, 0, 200}).silence(200);
      CHECK(values(t, lost_from, lost) == "5");
    }
  tape t;
  t.silence(60)
      .add({5, -10, -10, 0, 0, 100})
      .silence(100)
      .add({5, -10, -10, 0, 0, 100})
      .silence(100);
  CHECK(values(t, 4, 1) == "55");
  CHECK(values(t, 9, 2) == "55");
}

TEST_CASE("digits in noise, with hum and a constant, and through the codecs") {
  for (std::uint8_t event = 0; event < 16; ++event) {
    INFO(digits[event]);
    for (std::uint32_t seed = 0; seed < 5; ++seed) {
      tape t = one({event, -10, -10, 0, 0, 70}, 50 + seed);
      CHECK(values(t.noise(-23, seed)) == std::string(1, digits[event]));
    }
    tape shifted = one({event, -20, -20});
    for (std::int16_t& s : shifted.samples) s = static_cast<std::int16_t>(s + 3000);
    CHECK(values(shifted) == std::string(1, digits[event]));
    for (const auto id : {audio::codec_id::pcmu, audio::codec_id::pcma, audio::codec_id::g722,
                          audio::codec_id::opus, audio::codec_id::l16}) {
      const auto encoder = audio::make_encoder(id);
      const auto decoder = audio::make_decoder(id);
      tape t = one({event, -10, -8}, 60, audio::info(id).sample_rate);
      sound through;
      const std::size_t frame = t.rate / 50;
      for (std::size_t at = 0; at + frame <= t.samples.size(); at += frame) {
        std::vector<std::uint8_t> bytes(audio::max_encoded_bytes);
        sound pcm(audio::max_packet_samples);
        bytes.resize(encoder->encode(std::span(t.samples).subspan(at, frame), bytes));
        pcm.resize(decoder->decode(bytes, pcm));
        through.insert(through.end(), pcm.begin(), pcm.end());
      }
      t.samples = through;
      INFO(audio::info(id).encoding);
      CHECK(values(t) == std::string(1, digits[event]));
    }
  }
}

TEST_CASE("what has harmonics, or more in it than two tones, is no digit") {
  const auto with = [](double hz, double dbm0) {
    tape t = one({5, -10, -10, 0, 0, 200});
    sound more(t.length(200));
    audio::sine(hz, t.rate, amplitude(dbm0)).fill(more);
    for (std::size_t i = 0; i < more.size(); ++i) {
      std::int16_t& s = t.samples[t.length(50) + i];
      s = static_cast<std::int16_t>(s + more[i]);
    }
    return values(t);
  };
  CHECK(with(2 * 1336, -30) == "5");
  CHECK(with(2 * 770, -30) == "5");
  CHECK(with(2 * 1336, -20) == "");  // beside tones that make up 95 %
  CHECK(with(440, -20) == "5");
  CHECK(with(440, -10) == "");
  CHECK(with(3000, -10) == "");
}

TEST_CASE("noise alone, and what begins or ends with the stream") {
  for (const double level : {-30., -10., 0.}) {
    tape t;
    CHECK(values(t.silence(20'000).noise(level)) == "");
  }
  audio::dtmf_detector d(8000);
  tape t;
  t.add({3, -10, -10, 0, 0, 100});
  d.push(t.samples);
  CHECK_FALSE(d.poll());
  d.finish();
  const auto digit = d.poll();
  REQUIRE(digit);
  CHECK(digit->value == '3');
  CHECK_FALSE(digit->complete);
  CHECK_FALSE(d.poll());
  d.finish();
  CHECK_FALSE(d.poll());
}
