// The delay that a stream needs, learnt from its packets; over days and over jumps of its timeline.
#include "sipvoice/rtp/delay_estimator.hpp"

#include "support/catch.hpp"

using namespace sipvoice;
using std::chrono::hours;
using std::chrono::milliseconds;

TEST_CASE(
    "delay estimator: a clean stream needs the shortest delay, a late packet shows its excess") {
  rtp::delay_estimator e(8000);
  time_point now{hours(1)};
  std::uint32_t timestamp = 5;
  for (int i = 0; i < 1000; ++i, now += milliseconds(20), timestamp += 160)
    REQUIRE(e.on_packet(rtp_timestamp{timestamp}, now) == duration{});
  CHECK(e.on_packet(rtp_timestamp{timestamp}, now + milliseconds(37)) == milliseconds(37));
  CHECK(e.wanted() == rtp::delay_estimator::bin);
}

TEST_CASE("delay estimator: steps of many hours between timestamps overflow nothing") {
  rtp::delay_estimator e(8000);
  const time_point now{hours(1)};
  std::uint32_t timestamp = 0;
  for (int i = 0; i < 200'000; ++i) {
    timestamp += 0x7fff'ffff;
    REQUIRE(e.on_packet(rtp_timestamp{timestamp}, now) == duration{});
  }
}

TEST_CASE("delay estimator: a stream of a month is measured on its last day as on its first") {
  rtp::delay_estimator e(48'000);
  time_point now{hours(1)};
  std::uint32_t timestamp = 0;
  // Packets far apart make a month short; each is still the same timeline.
  for (int i = 0; i < 30 * 24 * 3600 / 50; ++i) {
    now += std::chrono::seconds(50);
    timestamp += 50 * 48'000;
    REQUIRE(e.on_packet(rtp_timestamp{timestamp}, now) == duration{});
  }
  CHECK(e.on_packet(rtp_timestamp{timestamp + 960}, now + milliseconds(45)) == milliseconds(25));
}
