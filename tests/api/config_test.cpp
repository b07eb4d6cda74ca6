// What the values of Config do to a call, and which of them are refused, by the name of their
// field.
#include "pair.hpp"
#include "support/catch.hpp"

using namespace test;

namespace {

std::string complaint(Config c) {
  try {
    api::control made(std::move(c));
  } catch (const Error& e) {
    CHECK(e.kind() == Error::Kind::configuration);
    return e.what();
  }
  return {};
}

}  // namespace

TEST_CASE("a value that is out of its range is refused by the name of its field") {
  CHECK(complaint({}).empty());
  CHECK(complaint({.jitter_buffer_min = 10ms}) == "jitter_buffer_min 10 ms is not in 20 to 200 ms");
  CHECK(complaint({.jitter_buffer_min = 201ms}).starts_with("jitter_buffer_min 201 ms"));
  CHECK(complaint({.jitter_buffer_min = 80ms, .playout_bound = 60ms}) ==
        "playout_bound 60 ms is not in 80 to 300 ms");
  CHECK(complaint({.playout_bound = 301ms}).starts_with("playout_bound 301 ms"));
  CHECK(complaint({.jitter_buffer_max = 150ms}) ==
        "jitter_buffer_max 150 ms is not in 200 to 600 ms");
  CHECK(complaint({.jitter_buffer_max = 601ms}).starts_with("jitter_buffer_max 601 ms"));
  CHECK(complaint({.pacer_prebuffer = -1ms}).starts_with("pacer_prebuffer -1 ms"));
  CHECK(complaint({.pacer_headroom = 61s}).starts_with("pacer_headroom 61000 ms"));
  CHECK(complaint({.rtp_inactivity_timeout = -1ms}).starts_with("rtp_inactivity_timeout -1 ms"));
  CHECK(complaint({.rtp_establishment_timeout = -1ms})
            .starts_with("rtp_establishment_timeout -1 ms"));
  CHECK(complaint({.jitter_buffer_min = 20ms, .jitter_buffer_max = 100ms, .playout_bound = 20ms})
            .empty());
}

namespace {

/// A second of loud packets from the caller, without the one in the midst; what the application
/// hears of it.
heard without_one_packet(Config config) {
  sim::world w(1);
  heard h;
  party backend(w, server_ip, std::move(config), [&](api::handlers& on) {
    on.audio = [&](Session&, const AudioFrame& f) { h.take(f); };
  });
  caller alice(w);
  alice.invite("c1");
  w.run_for(105ms);
  bool lose = false;
  w.on_the_way([&](const sim::passing& p) { return lose && p.from.port == 4000; });
  for (int i = 0; i < 50; ++i) {
    lose = i == 25;
    alice.talk("c1");
    w.run_for(20ms);
  }
  w.run_for(1s);
  return h;
}

std::size_t silence_before_sound(const heard& h) {
  const auto first =
      std::find_if(h.samples.begin(), h.samples.end(), [](int s) { return s > 500 || s < -500; });
  return static_cast<std::size_t>(first - h.samples.begin());
}

}  // namespace

TEST_CASE("what is lost is made up, or with concealment off it is silence") {
  const heard with = without_one_packet({});
  const heard without = without_one_packet({.concealment = false});
  CHECK(with.even);
  CHECK(without.even);
  CHECK(without.loud() <= 49 * 160);
  CHECK(without.loud() > 48 * 160);
  CHECK(with.loud() > without.loud() + 80);
}

TEST_CASE("sound waits for jitter_buffer_min before it is heard") {
  const std::size_t usual = silence_before_sound(without_one_packet({}));
  const std::size_t longer = silence_before_sound(without_one_packet({.jitter_buffer_min = 160ms}));
  const std::size_t shorter = silence_before_sound(without_one_packet({.jitter_buffer_min = 20ms}));
  CHECK(longer == usual + 800);
  CHECK(shorter + 320 == usual);
}

TEST_CASE("what comes before its turn is kept up to jitter_buffer_max") {
  // A burst of 25 packets: half a second of sound at once.
  const auto heard_of_burst = [](Config config) {
    sim::world w(1);
    heard h;
    party backend(w, server_ip, std::move(config), [&](api::handlers& on) {
      on.audio = [&](Session&, const AudioFrame& f) { h.take(f); };
    });
    caller alice(w);
    alice.invite("c1");
    w.run_for(100ms);
    for (int i = 0; i < 25; ++i) alice.talk("c1");
    w.run_for(2s);
    return h.loud();
  };
  CHECK(heard_of_burst({.jitter_buffer_max = 600ms}) > 24 * 160);
}

TEST_CASE("comfort noise is offered and agreed to only where it is asked for") {
  for (const bool on : {false, true}) {
    sim::world w(1);
    std::string offered;
    w.on_passing([&](const sim::passing& p) {
      const std::string text(p.bytes);
      if (text.starts_with("INVITE")) offered = text.substr(text.find("m=audio"));
    });
    party right(w, server_ip, {.comfort_noise = on});
    party left(w, other_ip, {.comfort_noise = on});
    static_cast<void>(left.control().dial({.to = "sip:bob@127.0.0.1"}, {}));
    w.run_for(1s);
    const std::string formats = offered.substr(0, offered.find("\r\n"));
    CHECK((formats.find(" 13") != std::string::npos) == on);
    caller alice(w);
    alice.invite("c1", {}, false,
                 offer("0 13 101", "a=rtpmap:101 telephone-event/8000\r\na=rtpmap:13 CN/8000\r\n"));
    w.run_for(1s);
    const std::string answer(alice.answer_of("c1").body());
    CHECK((answer.find("CN/8000") != std::string::npos) == on);
  }
}

TEST_CASE("silence is filled with packets, or nothing goes out where nothing is to be said") {
  for (const bool fill : {true, false}) {
    pair_of_parties p({.silence_fill = fill});
    p.w.run_for(1s);
    const std::uint64_t silent = p.caller_side->media_statistics()->packets_sent;
    CHECK((silent > 20) == fill);
    CHECK(p.caller_side->send_audio(sawtooth(4000)).outcome == Outcome::done);
    p.w.run_for(2s);
    CHECK(p.at_callee.loud() > 3500);
    CHECK(p.at_callee.even);
    if (!fill) CHECK(p.caller_side->media_statistics()->packets_sent - silent == 25);
  }
}
