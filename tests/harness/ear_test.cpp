// What a party hears of a call: a bounded memory, and a picture of the whole.
#include "sipvoice/scenario/ear.hpp"

#include <numeric>

#include "support/catch.hpp"

using namespace sipvoice;
using namespace sipvoice::scenario;
using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t rate = 8000;

std::vector<std::int16_t> samples(std::size_t n, std::int16_t value) {
  return std::vector<std::int16_t>(n, value);
}

}  // namespace

TEST_CASE("An outline holds the lowest and highest sample of each 20 ms") {
  outline_builder b(rate);
  std::vector<std::int16_t> s(rate / 50, 100);
  s[3] = -16384;
  s[70] = 16384;
  b.add(s);
  b.add(samples(80, 32767));  // half a piece
  const sound_outline o = b.take(250, rate);
  CHECK(o.start_ms == 250);
  CHECK(o.piece_ms == 20);
  REQUIRE(o.peaks.size() == 2);
  CHECK(o.peaks[0].first == -0.5F);
  CHECK(o.peaks[0].second == 0.5F);
  CHECK(o.peaks[1].first == Approx(1).margin(0.001));
  CHECK(o.peaks[1].second == Approx(1).margin(0.001));
}

TEST_CASE("An outline of nothing is empty") {
  CHECK(outline_builder(rate).take(0, rate).peaks.empty());
}

TEST_CASE("The pieces are the same, however the samples come") {
  outline_builder whole(rate), parts(rate);
  std::vector<std::int16_t> s(5000);
  for (std::size_t i = 0; i < s.size(); ++i)
    s[i] = static_cast<std::int16_t>(static_cast<int>(i * 7919 % 60000) - 30000);
  whole.add(s);
  for (std::size_t at = 0; at < s.size(); at += 37)
    parts.add(std::span(s).subspan(at, std::min<std::size_t>(37, s.size() - at)));
  CHECK(whole.take(0, rate).peaks == parts.take(0, rate).peaks);
}

TEST_CASE("Where there are too many pieces, two become one, and no extreme is lost") {
  outline_builder b(rate);
  const std::vector<std::int16_t> piece = samples(rate / 50, 10);
  std::vector<std::int16_t> loud = piece;
  loud[0] = 32767;
  loud[1] = -32768;
  for (std::size_t i = 0; i < sound_outline::max_pieces * 5; ++i) b.add(i == 4 ? loud : piece);
  const sound_outline o = b.take(0, rate);
  CHECK(o.peaks.size() < sound_outline::max_pieces);
  CHECK(o.piece_ms == 160);
  // All of the sound is in it.
  CHECK(static_cast<double>(o.peaks.size()) * o.piece_ms ==
        Approx(sound_outline::max_pieces * 5 * 20.0));
  CHECK(o.peaks[0].first == -1);
  CHECK(o.peaks[0].second > 0.99F);
  CHECK(o.peaks[1].second < 0.01F);
}

TEST_CASE("An ear takes over what has come, and dates its first sample") {
  ear e(rate);
  const time_point now{10s};
  CHECK(e.listen(now).empty());
  CHECK_FALSE(e.started());
  e.write(samples(160, 5), samples(160, -5));
  CHECK(e.take_news());
  CHECK_FALSE(e.take_news());  // told, until it is listened to
  CHECK(e.listen(now).size() == 160);
  REQUIRE(e.started());
  CHECK(*e.started() == now - 20ms);
  e.write(samples(160, 6), samples(160, -6));
  CHECK(e.take_news());
  CHECK(e.listen(now + 1s).size() == 160);
  CHECK(*e.started() == now - 20ms);
  CHECK(e.end() == 320);
  CHECK(e.from(150).size() == 170);
  CHECK(e.from(159)[0] == 5);
  CHECK(e.from(160)[0] == 6);
  CHECK(e.from(320).empty());
  CHECK(e.from(5000).empty());
  CHECK(e.sent_outline(0).peaks[0].first < 0);
  CHECK(e.heard_outline(0).peaks[0].first > 0);
}

TEST_CASE("An ear that nobody listens to for too long loses samples and counts them") {
  ear e(rate);
  for (int i = 0; i < 3 * 50; ++i) e.write(samples(160, 1), samples(160, 1));
  const std::size_t kept = e.listen(time_point{5s}).size();
  CHECK(kept >= std::size_t{rate} * 2);
  CHECK(kept < std::size_t{rate} * 3);
  CHECK(e.end() == kept);
  CHECK(e.lost() == std::uint64_t{rate} * 3 - kept);
}

TEST_CASE("An ear remembers its last minutes, and positions go on") {
  ear e(rate);
  const std::uint64_t minutes = ear::kept_minutes * 3;
  for (std::uint64_t second = 0; second < minutes * 60; ++second) {
    e.write(samples(rate, static_cast<std::int16_t>(second)), samples(rate, 0));
    static_cast<void>(e.listen(time_point{std::chrono::seconds(second + 1)}));
  }
  CHECK(e.lost() == 0);
  CHECK(e.end() == minutes * 60 * rate);
  CHECK(e.end() - e.begin() <= std::uint64_t{ear::kept_minutes} * 60 * rate);
  CHECK(e.end() - e.begin() >= std::uint64_t{ear::kept_minutes} * 60 * rate / 2);
  const std::uint64_t at = e.end() - 2 * rate;
  CHECK(e.from(at)[0] == static_cast<std::int16_t>(minutes * 60 - 2));
  CHECK(e.heard_outline(0).peaks.size() <= sound_outline::max_pieces);
}
