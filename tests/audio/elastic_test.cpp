// Two clocks on a virtual one: a sound card that is a little too fast or too slow, and a worker
// that ticks every 20 ms, for an hour.
#include "sipvoice/audio/elastic.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "support/catch.hpp"

using namespace sipvoice;
using audio::elastic_limits;

namespace {

/// The clocks matter here, not the sound: a low rate makes an hour short.
constexpr std::uint32_t rate = 2000;
constexpr std::size_t frame = rate / 50;
constexpr std::size_t block = 21;  ///< of the card: 10.5 ms, never in step with the ticks
constexpr double hour_s = 3600;

double ms_of(double samples) { return samples * 1000 / rate; }

/// The least and the most delay of what happened in between.
struct range {
  double least = 1e9, most = 0;
  void add(double ms) {
    least = std::min(least, ms);
    most = std::max(most, ms);
  }
};

struct outcome {
  range settling, later;  ///< of the first three minutes, and of the rest
  std::uint64_t underruns = 0, overruns = 0;
  double drift_ppm = 0;
  void add(double t, double ms) { (t < 180 ? settling : later).add(ms); }
};

/// Calls `card` and `worker` in the order of their clocks.
template <class Card, class Worker>
void run(double seconds, double card_ppm, Card card, Worker worker) {
  const double card_period = block / (rate * (1 + card_ppm / 1e6));
  double next_card = 0;
  std::size_t blocks = 0;
  for (std::size_t tick = 0; static_cast<double>(tick) * 0.02 < seconds; ++tick) {
    const double now = static_cast<double>(tick) * 0.02;
    for (; next_card <= now; next_card = static_cast<double>(++blocks) * card_period) card();
    worker(now);
  }
}

outcome listen_for(double seconds, double card_ppm) {
  ring<std::int16_t> r(rate / 1000 * elastic_limits::ring_ms);
  audio::elastic_reader reader(r, rate);
  const std::vector<std::int16_t> heard(block, 1000);
  std::vector<std::int16_t> out(frame);
  outcome o;
  run(
      seconds, card_ppm, [&] { r.write(heard); },
      [&](double t) {
        reader.read(out);
        if (t > 1) o.add(t, ms_of(static_cast<double>(reader.level())));
      });
  o.underruns = reader.underruns();
  o.overruns = reader.overruns();
  o.drift_ppm = reader.drift_ppm();
  return o;
}

outcome speak_for(double seconds, double card_ppm) {
  ring<std::int16_t> r(rate / 1000 * elastic_limits::ring_ms);
  audio::elastic_writer writer(r, rate);
  const std::vector<std::int16_t> said(frame, 1000);
  std::vector<std::int16_t> out(block);
  outcome o;
  run(
      seconds, card_ppm, [&] { r.read(out); },
      [&](double t) {
        writer.write(said);
        if (t > 1) o.add(t, ms_of(static_cast<double>(writer.level())));
      });
  o.underruns = writer.underruns();
  o.overruns = writer.overruns();
  o.drift_ppm = writer.drift_ppm();
  return o;
}

/// A difference d makes 18 s * d of delay at first; a piece of the card and one of the worker are
/// always on their way.
void check_steady(const outcome& o, double learnt_ppm) {
  CAPTURE(o.settling.least, o.settling.most, o.later.least, o.later.most);
  CHECK(o.underruns == 0);
  CHECK(o.overruns == 0);
  CHECK(o.settling.least > 5);
  CHECK(o.settling.most < elastic_limits::first_target_ms + 45);
  CHECK(o.later.most - o.later.least < 35);
  CHECK(o.later.most < elastic_limits::first_target_ms + 35);
  CHECK(o.drift_ppm == Approx(learnt_ppm).margin(60));
}

}  // namespace

TEST_CASE("An hour of a microphone with another clock: no growing delay, nothing lost") {
  for (const double ppm : {300.0, -300.0}) {
    CAPTURE(ppm);
    check_steady(listen_for(hour_s, ppm), ppm);
  }
}

TEST_CASE("An hour of a speaker with another clock: no growing delay, nothing lost") {
  for (const double ppm : {300.0, -300.0}) {
    CAPTURE(ppm);
    check_steady(speak_for(hour_s, ppm), -ppm);
  }
}

TEST_CASE("Without compensation the same hour is lost") {
  // The difference that the tests above compensate is more than the ring holds: 1.08 s.
  CHECK(300e-6 * hour_s * 1000 > elastic_limits::ring_ms);
}

TEST_CASE("Clocks that agree leave the sound as it is") {
  ring<std::int16_t> r(rate);
  audio::elastic_reader reader(r, rate);
  std::vector<std::int16_t> in(frame), out(frame), all_in, all_out;
  int n = 0;
  for (int tick = 0; tick < 500; ++tick) {
    for (auto& s : in) s = static_cast<std::int16_t>(8000 * std::sin(0.3 * n++));
    r.write(in);
    all_in.insert(all_in.end(), in.begin(), in.end());
    reader.read(out);
    all_out.insert(all_out.end(), out.begin(), out.end());
  }
  const auto first =
      std::find_if(all_out.begin(), all_out.end(), [](std::int16_t s) { return s != 0; });
  REQUIRE(first != all_out.end());
  // Levels are taken before each read: at the target exactly, nothing is stretched.
  const auto start = static_cast<std::size_t>(first - all_out.begin());
  std::size_t equal = 0;
  for (std::size_t i = start; i < all_out.size(); ++i) equal += all_out[i] == all_in[i - start + 1];
  CHECK(equal == all_out.size() - start);
}

TEST_CASE("A microphone that stops is silence, counted once, and comes back with more delay") {
  ring<std::int16_t> r(rate);
  audio::elastic_reader reader(r, rate);
  const std::vector<std::int16_t> heard(frame, 1000);
  std::vector<std::int16_t> out(frame);
  const auto ticks = [&](int count, bool card) {
    for (int i = 0; i < count; ++i) {
      if (card) r.write(heard);
      reader.read(out);
    }
  };
  ticks(50, true);
  CHECK(reader.underruns() == 0);
  CHECK(out[frame / 2] == 1000);
  ticks(50, false);
  CHECK(reader.underruns() == 1);
  CHECK(std::all_of(out.begin(), out.end(), [](std::int16_t s) { return s == 0; }));
  ticks(50, true);
  CHECK(reader.underruns() == 1);
  CHECK(out[frame / 2] == 1000);
  CHECK(ms_of(static_cast<double>(reader.level())) >= elastic_limits::first_target_ms);
}

TEST_CASE("A worker that stood still leaves out what it missed") {
  ring<std::int16_t> r(rate);
  audio::elastic_reader reader(r, rate);
  const std::vector<std::int16_t> heard(frame, 1000);
  std::vector<std::int16_t> out(frame);
  for (int i = 0; i < 20; ++i) {
    r.write(heard);
    reader.read(out);
  }
  for (int i = 0; i < 30; ++i) r.write(heard);  // 600 ms
  reader.read(out);
  CHECK(reader.overruns() == 1);
  CHECK(ms_of(static_cast<double>(reader.level())) < elastic_limits::first_target_ms);
}

TEST_CASE("A speaker that stops takes no more than its ring, one that comes back is filled anew") {
  ring<std::int16_t> r(rate / 1000 * elastic_limits::ring_ms);
  audio::elastic_writer writer(r, rate);
  const std::vector<std::int16_t> said(frame, 1000);
  for (int i = 0; i < 500; ++i) writer.write(said);
  CHECK(writer.overruns() == 1);
  const double most = elastic_limits::first_target_ms + elastic_limits::slack_ms + 25;
  CHECK(ms_of(static_cast<double>(writer.level())) < most);
  // It comes back: the delay is what it was, at once.
  std::vector<std::int16_t> piece(frame);
  for (int i = 0; i < 30; ++i) {
    r.read(piece);
    writer.write(said);
  }
  CHECK(writer.overruns() == 1);
  CHECK(ms_of(static_cast<double>(writer.level())) < elastic_limits::first_target_ms + 25);
  std::vector<std::int16_t> all(r.size());
  r.read(all);
  writer.write(said);
  CHECK(writer.underruns() == 1);
  CHECK(ms_of(static_cast<double>(writer.level())) >= elastic_limits::first_target_ms + 20);
}

TEST_CASE("Underruns cannot ask for ever more delay") {
  ring<std::int16_t> r(rate / 1000 * elastic_limits::ring_ms);
  audio::elastic_writer writer(r, rate);
  const std::vector<std::int16_t> said(frame, 1000);
  std::vector<std::int16_t> all(r.capacity());
  for (int i = 0; i < 100; ++i) {
    writer.write(said);
    r.read(all);
  }
  writer.write(said);
  CHECK(ms_of(static_cast<double>(writer.level())) <= elastic_limits::most_target_ms + 25);
}
