// Producers that outrun the line: they are told, what waits is bounded, and memory stays flat.
#include "pair.hpp"
#include "support/catch.hpp"
#include "support/heap.hpp"

using namespace test;

TEST_CASE("send_audio with a completion takes all of it, and tells when it lies in the queue") {
  std::vector<Sent> told;
  std::optional<std::size_t> ended_after;
  pair_of_parties p({.pacer_headroom = 400ms}, {}, [&](api::handlers& on) {
    on.disconnected = [&](Session&, const Ending&) { ended_after = told.size(); };
  });
  Session& s = *p.caller_side;
  const auto tell = [&](Session& of, const Sent& sent) {
    CHECK(of == s);
    told.push_back(sent);
  };
  CHECK(s.send_audio(sawtooth(8000), 0, {}) == Outcome::invalid);
  CHECK(s.send_audio(sawtooth(8000), 7, tell) == Outcome::invalid);
  CHECK(s.send_audio(sawtooth(8000), 0, tell) == Outcome::done);
  CHECK(told.empty());  // never inside the command
  CHECK(s.send_audio(sawtooth(8000), 0, tell) == Outcome::full);
  CHECK(s.send_audio(sawtooth(80)).outcome == Outcome::full);  // it would lie in the midst
  p.w.run_for(500ms);
  CHECK(told.empty());
  p.w.run_for(300ms);
  REQUIRE(told.size() == 1);
  CHECK(told[0].outcome == Outcome::done);
  CHECK(told[0].taken == 8000);
  CHECK(s.queued_audio() > 0ms);
  p.w.run_for(2s);
  CHECK(p.at_callee.loud() > 7000);
  CHECK(p.at_callee.even);

  SECTION("cancel_audio() drops the rest") {
    CHECK(s.send_audio(sawtooth(16000), 0, tell) == Outcome::done);
    p.w.run_for(100ms);
    static_cast<void>(s.cancel_audio());
    CHECK(told.size() == 1);
    p.w.run_for(10ms);
    REQUIRE(told.size() == 2);
    CHECK(told[1].outcome == Outcome::cancelled);
    CHECK(told[1].taken >= 3200);
    CHECK(told[1].taken < 16000);
  }
  SECTION("a stream drops the rest") {
    CHECK(s.send_audio(sawtooth(16000), 0, tell) == Outcome::done);
    p.w.run_for(100ms);
    CHECK(s.send_audio([] { return std::vector<std::int16_t>{}; }) == Outcome::done);
    p.w.run_for(10ms);
    REQUIRE(told.size() == 2);
    CHECK(told[1].outcome == Outcome::cancelled);
  }
  SECTION("the end of the call drops the rest") {
    CHECK(s.send_audio(sawtooth(16000), 0, tell) == Outcome::done);
    p.w.run_for(100ms);
    CHECK_FALSE(ended_after);
    p.callee->disconnect();
    p.w.run_for(1s);
    REQUIRE(told.size() == 2);
    CHECK(ended_after == 2);  // the end is told last of all
    CHECK(told[1].outcome == Outcome::ended);
    CHECK(s.send_audio(sawtooth(16000), 0, tell) == Outcome::ended);
  }
  SECTION("its own next piece may be given from the completion") {
    int pieces = 0;
    std::function<void(Session&, const Sent&)> more = [&](Session& of, const Sent& sent) {
      if (sent.outcome == Outcome::done && ++pieces < 20)
        CHECK(of.send_audio(sawtooth(1600), 0, more) == Outcome::done);
    };
    CHECK(s.send_audio(sawtooth(1600), 0, more) == Outcome::done);
    p.w.run_for(3s);
    CHECK(pieces < 20);
    p.w.run_for(2s);
    CHECK(pieces == 20);
  }
}

TEST_CASE("a completion that throws ends its call alone") {
  std::vector<std::string> errors;
  pair_of_parties p({}, {}, [&](api::handlers& on) {
    on.error = [&](const std::string& line) { errors.push_back(line); };
  });
  CHECK(p.caller_side->send_audio(sawtooth(160), 0, [](Session&, const Sent&) {
    throw std::runtime_error("no more");
  }) == Outcome::done);
  p.w.run_for(1s);
  CHECK(p.caller_side->state() == State::ended);
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].ends_with("a callback threw: no more"));
}

// One side pushes without looking, whenever it is called; the other awaits its completions. Neither
// the queues nor the heap grow.
TEST_CASE("an hour of producers that outrun the line keeps memory flat") {
  std::size_t refused = 0, completed = 0;
  const auto sound = sawtooth(8000);
  const auto push = [&](Session& s) {
    const Sent sent = s.send_audio(sound);
    if (sent.outcome == Outcome::full) ++refused;
  };
  pair_of_parties p({.pacer_headroom = 1s}, {.pacer_headroom = 1s}, {}, [&](api::handlers& on) {
    on.audio = [&](Session& s, const AudioFrame&) { push(s); };
  });
  std::function<void(Session&, const Sent&)> again = [&](Session& s, const Sent& sent) {
    if (sent.outcome != Outcome::done) return;
    ++completed;
    static_cast<void>(s.send_audio(sawtooth(4000), 0, again));
  };
  CHECK(p.caller_side->send_audio(sawtooth(4000), 0, again) == Outcome::done);
  std::chrono::milliseconds most{0};
  std::size_t early = 0;
  for (int minute = 0; minute < 60; ++minute) {
    p.w.run_for(60s);
    most = std::max({most, p.caller_side->queued_audio(), p.callee->queued_audio()});
    if (minute == 4) early = heap_bytes();
  }
  CHECK(heap_bytes() <= early + 32 * 1024);
  CHECK(most <= 1000ms);
  CHECK(p.caller_side->state() == State::active);
  CHECK(completed >= 7190);  // half a second each
  CHECK(completed <= 7210);
  CHECK(refused > 100'000);
}

// Who does not come round to listening loses sound, and is told by the timestamps; it is not kept.
TEST_CASE("sound that nobody fetches does not pile up") {
  api::incoming_sound heard(8000);
  const auto frame = sawtooth(160);
  const std::size_t before = heap_bytes();
  for (int i = 0; i < 50 * 3600; ++i) {
    heard.write(frame, frame);
    static_cast<void>(heard.take_news());
  }
  CHECK(heap_bytes() <= before + 1024);
  std::size_t given = 0;
  std::uint64_t first = 0;
  heard.read([&](std::span<const std::int16_t> samples, std::uint64_t at) {
    if (given == 0) first = at;
    given += samples.size();
  });
  CHECK(given <= 8192);  // a second, and what makes it a power of two
  CHECK(given >= 7840);
  CHECK(first >= 50 * 3600 * 160 - 8192 - 160);
}
