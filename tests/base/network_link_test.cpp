#include "sipvoice/base/network_link.hpp"

#include <cmath>

#include "support/catch.hpp"

using namespace sipvoice;
using namespace std::chrono_literals;

namespace {

time_point at(duration d) { return time_point{} + d; }

/// Sends `n` datagrams of 200 bytes, 20 ms apart; returns how many arrived at least once.
int deliver(network_link& l, int n, random_source& random) {
  int arrived = 0;
  for (int i = 0; i < n; ++i) arrived += l.send(200, at(i * 20ms), random).count > 0 ? 1 : 0;
  return arrived;
}

}  // namespace

TEST_CASE("a clean link delays every datagram by the same time") {
  seeded_random random(1);
  network_link l({.delay = 40ms});
  for (int i = 0; i < 100; ++i) {
    const auto a = l.send(1000, at(i * 20ms), random);
    REQUIRE(a.count == 1);
    REQUIRE(a.at[0] == at(i * 20ms + 40ms));
  }
}

TEST_CASE("uniform loss loses its share, one datagram at a time") {
  seeded_random random(2);
  network_link l({.loss = 0.3});
  const int arrived = deliver(l, 20000, random);
  CHECK(std::abs(arrived - 14000) < 300);  // four and a half standard deviations
  CHECK(l.counters().lost == static_cast<std::uint64_t>(20000 - arrived));
}

TEST_CASE("bursty loss has the same share in longer runs") {
  seeded_random random(3);
  network_link l({.loss = 0.1, .burst = 5});
  int runs = 0, lost = 0;
  bool before = false;
  for (int i = 0; i < 100000; ++i) {
    const bool gone = l.send(200, at(i * 20ms), random).count == 0;
    lost += gone ? 1 : 0;
    runs += gone && !before ? 1 : 0;
    before = gone;
  }
  CHECK(lost / 100000.0 == Approx(0.1).margin(0.01));
  CHECK(static_cast<double>(lost) / runs == Approx(5).margin(0.4));
}

TEST_CASE(
    "jitter keeps the order and its bounds, reordering breaks the order only where it should") {
  seeded_random random(4);
  network_link l({.delay = 10ms, .jitter = 50ms});
  time_point last{};
  for (int i = 0; i < 1000; ++i) {
    const time_point sent = at(i * 20ms);
    const auto a = l.send(200, sent, random);
    REQUIRE(a.at[0] >= last);
    REQUIRE(a.at[0] >= sent + 10ms);
    REQUIRE(a.at[0] <= sent + 60ms);
    last = a.at[0];
  }
  network_link r({.delay = 10ms, .reorder = 0.05, .reorder_by = 30ms});
  int behind = 0;
  last = {};
  for (int i = 0; i < 10000; ++i) {
    const auto a = r.send(200, at(i * 20ms), random);
    behind += a.at[0] == at(i * 20ms + 40ms) ? 1 : 0;
  }
  CHECK(behind == static_cast<int>(r.counters().reordered));
  CHECK(std::abs(behind - 500) < 100);
}

TEST_CASE("duplicates arrive as two copies") {
  seeded_random random(5);
  network_link l({.duplicate = 0.25});
  int copies = 0;
  for (int i = 0; i < 10000; ++i) copies += l.send(200, at(i * 20ms), random).count;
  CHECK(std::abs(copies - 12500) < 200);
}

TEST_CASE("a rate serialises, queues, and drops what would wait too long") {
  seeded_random random(6);
  network_link l({.delay = 1ms, .bits_per_second = 80'000, .max_queue = 100ms});
  // 1,000 bytes take 100 ms on this line.
  const time_point now = at(1s);
  CHECK(l.send(1000, now, random).at[0] == now + 101ms);
  CHECK(l.send(1000, now, random).at[0] == now + 201ms);
  CHECK(l.send(1000, now, random).count == 0);
  CHECK(l.counters().overflowed == 1);
  CHECK(l.send(1000, now + 200ms, random).at[0] == now + 301ms);
}

TEST_CASE("the same seed makes the same network") {
  for (const std::uint64_t seed : {1U, 77U, 4096U}) {
    seeded_random a(seed), b(seed);
    const impairment how{
        .delay = 5ms, .jitter = 30ms, .loss = 0.2, .burst = 3, .duplicate = 0.1, .reorder = 0.1};
    network_link first(how), second(how);
    for (int i = 0; i < 1000; ++i) {
      const auto x = first.send(200, at(i * 20ms), a);
      const auto y = second.send(200, at(i * 20ms), b);
      REQUIRE(x.count == y.count);
      REQUIRE(x.at[0] == y.at[0]);
    }
  }
}
