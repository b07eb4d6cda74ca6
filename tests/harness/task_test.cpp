// The coroutine of parties and steps: order, exceptions, and the stack that it needs.
#include "sipvoice/scenario/task.hpp"

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "support/catch.hpp"

using sipvoice::scenario::task;

namespace {

struct gate {
  std::coroutine_handle<> waiting;
  bool open = false;
  [[nodiscard]] bool await_ready() const { return open; }
  void await_suspend(std::coroutine_handle<> h) { waiting = h; }
  void await_resume() const {}
  void pass() { std::exchange(waiting, nullptr).resume(); }
};

task note(std::string& said, std::string what) {
  said += what;
  co_return;
}

task wait_at(gate& g, std::string& said, std::string name) {
  said += name + "<";
  co_await g;
  said += ">" + name;
}

task one_after_another(gate& g, std::string& said) {
  co_await note(said, "a ");
  co_await wait_at(g, said, "b");
  co_await note(said, " c");
}

task fail_after(gate& g) {
  co_await g;
  throw std::runtime_error("no");
}

task catching(gate& g, std::string& said) {
  try {
    co_await fail_after(g);
  } catch (const std::runtime_error& e) {
    said += e.what();
  }
}

task nothing(std::uint64_t& done) {
  ++done;
  co_return;
}

/// The address of something on the stack of whoever calls it.
[[gnu::noinline]] std::uintptr_t stack_now() {
  return reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
}

/// Where on the stack many tasks ran: what is between two of them was not given up.
task mark(std::uintptr_t& lowest, std::uintptr_t& highest) {
  const std::uintptr_t at = stack_now();
  lowest = std::min(lowest, at);
  highest = std::max(highest, at);
  co_return;
}

struct watched {
  int& alive;
  explicit watched(int& n) : alive(n) { ++alive; }
  ~watched() { --alive; }
  watched(const watched&) = delete;
  watched& operator=(const watched&) = delete;
};

task holding(int& alive, gate& g) {
  const watched w(alive);
  co_await g;
}

task holding_deeper(int& alive, gate& g) {
  const watched w(alive);
  co_await holding(alive, g);
}

}  // namespace

TEST_CASE("A task does one thing after another and waits in between") {
  gate g;
  std::string said;
  task t = one_after_another(g, said);
  CHECK(said.empty());
  CHECK_FALSE(t.done());
  t.start();
  CHECK(said == "a b<");
  CHECK_FALSE(t.done());
  g.pass();
  CHECK(said == "a b<>b c");
  CHECK(t.done());
}

TEST_CASE("A task that has nothing to wait for runs through at once") {
  gate g;
  g.open = true;
  std::string said;
  task t = one_after_another(g, said);
  t.start();
  CHECK(said == "a b<>b c");
  CHECK(t.done());
}

TEST_CASE("What a task throws goes to whoever awaits it, at once and after a wait") {
  for (const bool open : {true, false}) {
    gate g;
    g.open = open;
    std::string said;
    task t = catching(g, said);
    t.start();
    if (!open) {
      CHECK(said.empty());
      g.pass();
    }
    CHECK(said == "no");
    CHECK(t.done());
  }
}

TEST_CASE("What nobody awaits keeps what it throws to itself") {
  gate g;
  task t = fail_after(g);
  t.start();
  CHECK_NOTHROW(g.pass());
  CHECK(t.done());
}

TEST_CASE("A task that is destroyed while it waits takes with it all that it has called") {
  gate g;
  int alive = 0;
  {
    task t = holding_deeper(alive, g);
    t.start();
    CHECK(alive == 2);
    task moved = std::move(t);
    CHECK_FALSE(moved.done());
    CHECK(alive == 2);
  }
  CHECK(alive == 0);
  CHECK(task().done());
}

TEST_CASE("A million awaits of tasks that are over need no more stack than one") {
  std::uint64_t done = 0;
  std::uintptr_t first = 0, last = 0;
  const auto many = [&]() -> task {
    for (int i = 0; i < 1'000'000; ++i) {
      co_await nothing(done);
      if (i == 0) first = stack_now();
    }
    last = stack_now();
  };
  task t = many();
  t.start();
  CHECK(done == 1'000'000);
  CHECK(t.done());
  CHECK(first == last);
}

TEST_CASE("A hundred thousand awaits that do wait need no more stack than one") {
  gate g;
  std::string said;
  std::uintptr_t lowest = UINTPTR_MAX, highest = 0;
  int rounds = 0;
  const auto many = [&]() -> task {
    for (; rounds < 100'000; ++rounds) {
      said.clear();
      co_await wait_at(g, said, "x");
      co_await mark(lowest, highest);
    }
  };
  task t = many();
  t.start();
  while (!t.done()) g.pass();
  CHECK(rounds == 100'000);
  CHECK(said == "x<>x");
  // A frame or two of difference: the first await of a round begins within the one before it.
  CHECK(highest - lowest < 64 * 1024);
}
