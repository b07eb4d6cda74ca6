#include "sipvoice/base/timer_heap.hpp"

#include <map>
#include <memory>
#include <vector>

#include "sipvoice/base/random.hpp"
#include "support/catch.hpp"

using namespace sipvoice;

namespace {
time_point at(int ms) { return time_point(std::chrono::milliseconds(ms)); }
}  // namespace

TEST_CASE("an empty heap has no deadline") {
  timer_heap<int> heap;
  CHECK(heap.empty());
  CHECK(heap.next() == never);
  CHECK_FALSE(heap.pop(never).has_value());
  CHECK_FALSE(heap.cancel(timer_id::none));
}

TEST_CASE("deadlines come out by time, then in the order of scheduling") {
  timer_heap<char> heap;
  (void)heap.schedule(at(20), 'c');
  (void)heap.schedule(at(10), 'a');
  (void)heap.schedule(at(20), 'd');
  (void)heap.schedule(at(10), 'b');
  CHECK(heap.next() == at(10));
  CHECK_FALSE(heap.pop(at(9)).has_value());
  CHECK(heap.pop(at(10)) == 'a');
  CHECK(heap.pop(at(10)) == 'b');
  CHECK_FALSE(heap.pop(at(19)).has_value());
  CHECK(heap.next() == at(20));
  CHECK(heap.pop(at(30)) == 'c');
  CHECK(heap.pop(at(30)) == 'd');
  CHECK(heap.empty());
}

TEST_CASE("a cancelled deadline never comes, and an id is good once") {
  timer_heap<int> heap;
  const auto one = heap.schedule(at(1), 1);
  const auto two = heap.schedule(at(2), 2);
  CHECK(heap.cancel(one));
  CHECK_FALSE(heap.cancel(one));
  CHECK(heap.size() == 1);
  const auto three = heap.schedule(at(3), 3);  // takes the place of the first
  CHECK(three != one);
  CHECK_FALSE(heap.cancel(one));
  CHECK(heap.pop(at(5)) == 2);
  CHECK_FALSE(heap.cancel(two));
  CHECK(heap.pop(at(5)) == 3);
  CHECK_FALSE(heap.cancel(three));
}

TEST_CASE("keys may be movable only, and are destroyed when cancelled") {
  timer_heap<std::shared_ptr<int>> shared;
  auto value = std::make_shared<int>(1);
  const auto id = shared.schedule(at(1), value);
  CHECK(value.use_count() == 2);
  CHECK(shared.cancel(id));
  CHECK(value.use_count() == 1);

  timer_heap<std::unique_ptr<int>> unique;
  (void)unique.schedule(at(1), std::make_unique<int>(7));
  CHECK(**unique.pop(at(1)) == 7);
}

TEST_CASE("a long random history agrees with a sorted map") {
  seeded_random random(2026);
  timer_heap<int> heap;
  std::map<std::pair<time_point, int>, timer_id> model;  // the key rises: it is the sequence too
  std::vector<std::pair<std::pair<time_point, int>, timer_id>> given;
  int now = 0;
  for (int key = 0; key < 20'000; ++key) {
    const auto when = at(now + static_cast<int>(random.below(50)));
    const auto id = heap.schedule(when, key);
    model.emplace(std::pair{when, key}, id);
    given.push_back({{when, key}, id});
    if (random.below(3) == 0) {
      const auto& [entry, old] = given[random.below(given.size())];
      REQUIRE(heap.cancel(old) == (model.erase(entry) == 1));
    }
    if (random.below(4) == 0) now += static_cast<int>(random.below(8));
    while (auto due = heap.pop(at(now))) {
      REQUIRE_FALSE(model.empty());
      REQUIRE(model.begin()->first.second == *due);
      REQUIRE(model.begin()->first.first <= at(now));
      model.erase(model.begin());
    }
    REQUIRE(heap.size() == model.size());
    REQUIRE(heap.next() == (model.empty() ? never : model.begin()->first.first));
    REQUIRE(heap.next() > at(now));
  }
}
