// dial and send_audio with Asio's completion tokens, in the application's own loop and out of it.
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <thread>

#include "backend/local.hpp"
#include "sipvoice/asio.hpp"
#include "support/catch.hpp"
#include "support/sawtooth.hpp"
#include "support/tally.hpp"

using namespace sipvoice;
using boost::asio::awaitable;
using boost::asio::use_awaitable;
using test::local;
using test::patience;
using test::sawtooth;
using test::uri_of;

namespace {

/// Two backends in one loop; both stop when the coroutine has ended, however it did.
struct two_in_a_loop {
  explicit two_in_a_loop(int ports)
      : callee(local(ports), loop), caller(with_short_queue(local(ports + 300)), loop) {
    callee.start();
    caller.start();
  }
  static Config with_short_queue(Config c) {
    c.pacer_headroom = std::chrono::milliseconds(200);
    return c;
  }
  /// Returns what the coroutine has thrown.
  std::exception_ptr run(awaitable<void> coroutine) {
    std::exception_ptr thrown;
    boost::asio::co_spawn(loop, std::move(coroutine), [&](std::exception_ptr e) {
      thrown = std::move(e);
      ended = true;
      callee.stop();
      caller.stop();
    });
    loop.run_for(patience);
    CHECK(ended);
    CHECK(loop.stopped());
    return thrown;
  }
  boost::asio::io_context loop;
  Backend callee, caller;
  bool ended = false;
};

}  // namespace

TEST_CASE("a coroutine dials, and sends no faster than the line takes it") {
  two_in_a_loop t(28500);
  t.callee.on_call([](Session& s) { s.echo(); });
  std::vector<std::chrono::milliseconds> queued;
  const auto talk = [&]() -> awaitable<void> {
    const DialRequest request{.to = uri_of(t.callee)};
    const auto [session, result] = co_await async_dial(t.caller, request, use_awaitable);
    CHECK(result.answered);
    CHECK(session->state() == State::active);
    for (int i = 0; i < 5; ++i) {
      const Sent sent = co_await async_send_audio(*session, sawtooth(2400), 0, use_awaitable);
      CHECK(sent.outcome == Outcome::done);
      CHECK(sent.taken == 2400);
      queued.push_back(session->queued_audio());
    }
    Session s = *session;
    s.disconnect();
  };
  CHECK_FALSE(t.run(talk()));
  REQUIRE(queued.size() == 5);
  for (const auto one : queued) CHECK(one <= std::chrono::milliseconds(200));
}

TEST_CASE("a coroutine is told of a refusal, and throws what dial() throws") {
  two_in_a_loop t(29100);
  t.callee.on_incoming([](Session& s) { s.reject(486, "Not now"); });
  const auto talk = [&]() -> awaitable<void> {
    const DialRequest request{.to = uri_of(t.callee)};
    const auto [session, result] = co_await async_dial(t.caller, request, use_awaitable);
    CHECK_FALSE(result.answered);
    CHECK(result.status == 486);
    CHECK(result.reason == "Not now");
    CHECK(session->state() == State::ended);
    const Sent sent = co_await async_send_audio(*session, sawtooth(160), 0, use_awaitable);
    CHECK(sent.outcome == Outcome::ended);
    const DialRequest wrong{.to = "nobody"};
    static_cast<void>(co_await async_dial(t.caller, wrong, use_awaitable));
  };
  const std::exception_ptr thrown = t.run(talk());
  REQUIRE(thrown);
  CHECK_THROWS_AS(std::rethrow_exception(thrown), Error);
}

TEST_CASE("a dial that is cancelled gives up the call") {
  two_in_a_loop t(29700);
  boost::asio::cancellation_signal signal;
  t.callee.on_incoming([&](Session& s) {
    s.ring();
    signal.emit(boost::asio::cancellation_type::terminal);
  });
  const auto talk = [&]() -> awaitable<void> {
    const DialRequest request{.to = uri_of(t.callee)};
    const auto [session, result] = co_await async_dial(
        t.caller, request, boost::asio::bind_cancellation_slot(signal.slot(), use_awaitable));
    CHECK_FALSE(result.answered);
    CHECK(result.reason == "cancelled");
  };
  CHECK_FALSE(t.run(talk()));
}

TEST_CASE("futures and callbacks work with a backend on a thread of its own") {
  Backend callee(local(30300)), caller(local(30600));
  CHECK_THROWS_AS(async_dial(caller, {.to = "sip:a@127.0.0.1"}, boost::asio::use_future).get(),
                  Error);  // before start()
  callee.start();
  caller.start();
  callee.start_thread();
  caller.start_thread();
  auto future = async_dial(caller, {.to = uri_of(callee)}, boost::asio::use_future);
  const Dialled dialled = future.get();
  CHECK(dialled.result.answered);
  test::tally told;
  caller.post([&, session = *dialled.session]() mutable {
    async_send_audio(session, sawtooth(160), 0,
                     [&](const Sent& s) { told.add(s.outcome == Outcome::done ? "sent" : "not"); });
  });
  CHECK(told.wait("sent"));
  caller.stop();
  callee.stop();
  caller.join();
  callee.join();
}

TEST_CASE("a backend that is destroyed leaves its waiting coroutines undone, and the loop ends") {
  boost::asio::io_context loop;
  auto callee = std::make_unique<Backend>(local(30900), loop);
  auto caller = std::make_unique<Backend>(local(31200), loop);
  bool incoming = false, went_on = false;
  callee->on_incoming([&](Session&) { incoming = true; });
  callee->start();
  caller->start();
  const auto talk = [&]() -> awaitable<void> {
    const DialRequest request{.to = uri_of(*callee)};
    static_cast<void>(co_await async_dial(*caller, request, use_awaitable));
    went_on = true;
  };
  boost::asio::co_spawn(loop, talk(), boost::asio::detached);
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!incoming && std::chrono::steady_clock::now() < until)
    loop.run_one_for(std::chrono::milliseconds(100));
  REQUIRE(incoming);
  caller.reset();
  callee.reset();
  loop.run_for(patience);
  CHECK(loop.stopped());
  CHECK_FALSE(went_on);
}
