// Paths of datagrams in virtual time: what is late, how late, in which order, and how much of it.
#include "sipvoice/io/impaired_path.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace sipvoice;
using namespace std::chrono_literals;
using io::impaired_path;

namespace {

const socket_address there{ip_address::v4(127, 0, 0, 1), 9};

time_point at(duration d) { return time_point{} + d; }

/// One datagram each millisecond, polled at each deadline as a shell does: what came, in order, and
/// how late.
struct passage {
  std::vector<int> came;
  std::vector<duration> late;

  passage(impaired_path& path, int count) {
    for (int i = 0; i < count; ++i) {
      drain(path, at(i * 1ms));
      path.send(there, std::to_string(i), at(i * 1ms));
    }
    drain(path, never);
  }

 private:
  void drain(impaired_path& path, time_point until) {
    while (path.next_deadline() <= until && !path.empty()) {
      const time_point now = path.next_deadline();
      const auto d = path.poll(now);
      REQUIRE(d);
      CHECK(d->to == there);
      came.push_back(std::stoi(d->bytes));
      late.push_back(now - at(came.back() * 1ms));
    }
  }
};

}  // namespace

TEST_CASE("an impaired path: nothing comes before its time, and then all of it") {
  impaired_path path({.delay = 40ms}, 1, impaired_path::for_sip);
  CHECK(path.next_deadline() == never);
  path.send(there, "a", at(0ms));
  path.send(there, "b", at(3ms));
  CHECK_FALSE(path.poll(at(40ms) - 1ns));
  CHECK(path.next_deadline() == at(40ms));
  CHECK(path.poll(at(40ms))->bytes == "a");
  CHECK_FALSE(path.poll(at(40ms)));
  CHECK(path.poll(at(50ms))->bytes == "b");
  CHECK(path.empty());
  path.send(there, "c", at(60ms));
  CHECK(path.poll_rest()->bytes == "c");
  CHECK_FALSE(path.poll_rest());
}

TEST_CASE("an impaired path: jitter keeps the order, reordering breaks it") {
  impaired_path jittery({.delay = 40ms, .jitter = 20ms}, 7, impaired_path::for_sip);
  const passage first(jittery, 1000);
  REQUIRE(first.came.size() == 1000);
  CHECK(std::is_sorted(first.came.begin(), first.came.end()));
  const auto [least, most] = std::minmax_element(first.late.begin(), first.late.end());
  CHECK(*least >= 40ms);
  CHECK(*most <= 60ms);
  CHECK(*most - *least > 10ms);

  impaired_path swapping({.delay = 40ms, .reorder = 0.01}, 7, impaired_path::for_sip);
  const passage second(swapping, 1000);
  REQUIRE(second.came.size() == 1000);
  CHECK_FALSE(std::is_sorted(second.came.begin(), second.came.end()));
  CHECK(static_cast<std::uint64_t>(std::count(second.late.begin(), second.late.end(), 70ms)) ==
        swapping.counters().reordered);
  CHECK(swapping.counters().reordered > 0);
}

TEST_CASE("an impaired path: the seed decides, not the time") {
  const impairment how{.delay = 0ms, .loss = 0.1, .duplicate = 0.05};
  impaired_path a(how, 5, impaired_path::for_media), b(how, 5, impaired_path::for_media),
      c(how, 6, impaired_path::for_media);
  const auto pass = [](impaired_path& path, duration gap) {
    std::vector<std::string> came;
    for (int i = 0; i < 1000; ++i) {
      path.send(there, std::to_string(i), at(i * gap));
      while (auto d = path.poll(at(i * gap))) came.push_back(std::move(d->bytes));
    }
    return came;
  };
  const auto first = pass(a, 20ms);
  CHECK(first == pass(b, 3ms));
  CHECK(first != pass(c, 20ms));
  CHECK(first.size() == 1000 - a.counters().lost + a.counters().duplicated);
}

TEST_CASE("an impaired path holds a bounded number of datagrams and bytes") {
  impaired_path few({.delay = 1s}, 1, {3, 1000}), small({.delay = 1s}, 1, {100, 10});
  for (int i = 0; i < 5; ++i) few.send(there, "x", at(0ms));
  CHECK(few.dropped() == 2);
  small.send(there, "12345678", at(0ms));
  small.send(there, "123", at(0ms));
  small.send(there, "12", at(0ms));
  small.send(there, "1", at(0ms));
  CHECK(small.dropped() == 2);
  CHECK(small.poll(at(1s))->bytes == "12345678");
  CHECK(small.poll(at(1s))->bytes == "12");
  CHECK(small.empty());
  // What has left makes room again.
  small.send(there, "1234567890", at(2s));
  CHECK(small.dropped() == 2);
  CHECK(small.poll(at(3s))->bytes == "1234567890");
  impaired_path twice({.delay = 1s, .duplicate = 1}, 1, {1, 1000});
  twice.send(there, "x", at(0ms));
  CHECK(twice.dropped() == 1);
}
