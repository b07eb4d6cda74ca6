// Two backends call each other: dialling, sound both ways, digits, hold, transfer of values.
#include "pair.hpp"
#include "support/catch.hpp"

using namespace test;

TEST_CASE("dial tells its completion, on_call is for calls that came in") {
  int calls = 0;
  pair_of_parties p({}, {}, [&](api::handlers& on) { on.call = [&](Session&) { ++calls; }; });
  CHECK(calls == 0);
  CHECK(p.result->status == 200);
  CHECK(p.caller_side->state() == State::active);
  CHECK_FALSE(p.caller_side->metadata().inbound);
  CHECK(p.caller_side->metadata().callee == "sip:bob@127.0.0.1");
  CHECK(p.caller_side->cancel() == Outcome::wrong_state);
  CHECK(p.caller_side->disconnect(16, "bye") == Outcome::done);
  p.w.run_for(1s);
  REQUIRE(p.ended);
  CHECK(p.ended->by == EndedBy::remote);
  CHECK(p.ended->cause == 16);
  CHECK(p.ended->text == "Q.850;cause=16;text=\"bye\"");
  CHECK(p.right.is_clean());
  CHECK(p.left.is_clean());
}

TEST_CASE("a dial that fails tells status and reason, and ends") {
  sim::world w(1);
  std::vector<std::string> told;
  party right(w, server_ip, {}, [](api::handlers& on) {
    on.incoming = [](Session& s) {
      if (s.metadata().request_uri == "sip:busy@127.0.0.1") s.reject(486);
    };
  });
  party left(w, other_ip, {}, [&](api::handlers& on) {
    on.ringing = [&](Session&, int status) { told.push_back("ringing " + std::to_string(status)); };
    on.disconnected = [&](Session&, const Ending& e) {
      told.push_back("end " + e.reason + " " + std::to_string(e.status));
    };
  });
  const auto done = [&](Session& s, const DialResult& r) {
    CHECK(s.state() == State::ended);
    CHECK_FALSE(r.answered);
    told.push_back("dialled " + std::to_string(r.status) + " " + r.reason);
  };
  static_cast<void>(left.control().dial({.to = "sip:busy@127.0.0.1"}, done));
  w.run_for(1s);
  CHECK(told == std::vector<std::string>{"dialled 486 Busy Here", "end rejected 486"});
  told.clear();
  static_cast<void>(left.control().dial({.to = "sip:late@127.0.0.1", .timeout = 5s}, done));
  w.run_for(10s);
  CHECK(told == std::vector<std::string>{"dialled 0 no_answer", "end no_answer 0"});
  told.clear();
  Session given_up = left.control().dial({.to = "sip:late@127.0.0.1"}, done);
  w.run_for(1s);
  CHECK(given_up.cancel() == Outcome::done);
  w.run_for(1s);
  CHECK(told == std::vector<std::string>{"dialled 0 cancelled", "end cancelled 0"});
  CHECK_THROWS_AS(left.control().dial({.to = "nobody"}, {}), Error);
  CHECK_THROWS_AS(left.control().dial({.to = "sip:a@b", .headers = {{"X-A", "1\r\nX-B: 2"}}}, {}),
                  Error);
  CHECK(left.is_clean());
  CHECK(right.is_clean());
}

TEST_CASE("what is sent is heard, whole and in its order, and its end is told") {
  std::vector<Played> finished;
  pair_of_parties p({.pacer_prebuffer = 100ms}, {}, [&](api::handlers& on) {
    on.audio_finished = [&](Session&, const Played& x) { finished.push_back(x); };
  });
  const auto sound = sawtooth(8000);
  CHECK_FALSE(p.caller_side->is_playing());
  const Sent sent = p.caller_side->send_audio(sound);
  CHECK(sent.outcome == Outcome::done);
  CHECK(sent.taken == 8000);
  CHECK(p.caller_side->is_playing());
  CHECK(p.caller_side->queued_audio() == 1000ms);
  CHECK(p.caller_side->end_of_response() == Outcome::done);
  p.w.run_for(2s);
  CHECK_FALSE(p.caller_side->is_playing());
  REQUIRE(finished.size() == 1);
  CHECK(finished[0].completed);
  CHECK(finished[0].played == 1000ms);
  CHECK(p.at_callee.even);
  CHECK(p.at_callee.loud() > 7000);  // of a second, fifteen sixteenths are that loud
  CHECK(p.at_callee.loud() < 8000);

  SECTION("bytes, and at another rate") {
    p.at_callee = {};
    std::vector<std::byte> bytes;
    for (const std::int16_t s : sawtooth(16000)) {
      bytes.push_back(static_cast<std::byte>(s & 0xff));
      bytes.push_back(static_cast<std::byte>((s >> 8) & 0xff));
    }
    const Sent out = p.caller_side->send_audio(std::span<const std::byte>(bytes), 16000);
    CHECK(out.outcome == Outcome::done);
    CHECK(out.taken == bytes.size());
    CHECK(p.caller_side->queued_audio() == 1000ms);
    CHECK(p.caller_side->end_of_response() == Outcome::done);
    p.w.run_for(2s);
    CHECK(finished.size() == 2);
    CHECK(p.at_callee.loud() > 6500);
  }
}

TEST_CASE("what is heard comes in even frames, whichever way it is played out") {
  for (const Playout playout : {Playout::steady, Playout::adaptive}) {
    pair_of_parties p({}, {.playout = playout});
    CHECK(p.caller_side->send_audio(sawtooth(8000)).outcome == Outcome::done);
    p.w.run_for(2s);
    CHECK(p.at_callee.even);
    CHECK(p.at_callee.loud() > 7000);
  }
}

TEST_CASE("the prebuffer holds a response back until so much of it is there, or all of it") {
  pair_of_parties p({.pacer_prebuffer = 200ms});
  CHECK(p.caller_side->send_audio(sawtooth(800)).outcome == Outcome::done);
  p.w.run_for(1s);
  CHECK(p.at_callee.loud() == 0);
  CHECK(p.caller_side->is_playing());
  CHECK(p.caller_side->send_audio(sawtooth(800)).outcome == Outcome::done);
  p.w.run_for(1s);
  CHECK(p.at_callee.loud() > 1300);
  p.at_callee = {};
  CHECK(p.caller_side->send_audio(sawtooth(400)).outcome == Outcome::done);
  CHECK(p.caller_side->end_of_response() == Outcome::done);
  p.w.run_for(1s);
  CHECK(p.at_callee.loud() > 300);
}

TEST_CASE("a producer that is too fast is told, and told again when there is room") {
  int ready = 0;
  pair_of_parties p({.pacer_headroom = 500ms}, {},
                    [&](api::handlers& on) { on.audio_ready = [&](Session&) { ++ready; }; });
  const auto sound = sawtooth(8000);
  const Sent sent = p.caller_side->send_audio(sound);
  CHECK(sent.outcome == Outcome::full);
  CHECK(sent.taken == 4000);
  CHECK(p.caller_side->send_audio(sound).taken == 0);
  p.w.run_for(200ms);
  CHECK(ready == 0);
  p.w.run_for(100ms);
  CHECK(ready == 1);
  CHECK(p.caller_side->queued_audio() <= 250ms);
  p.w.run_for(2s);
  CHECK(ready == 1);
}

TEST_CASE("cancel_audio stops within a frame and tells what was played") {
  pair_of_parties p;
  CHECK(p.caller_side->send_audio(sawtooth(8000)).outcome == Outcome::done);
  p.w.run_for(300ms);
  const Played played = p.caller_side->cancel_audio();
  CHECK_FALSE(played.completed);
  CHECK(played.played >= 280ms);
  CHECK(played.played <= 320ms);
  CHECK_FALSE(p.caller_side->is_playing());
  p.w.run_for(1s);
  // What was told is what arrived: full frames of 20 ms, 75 of 80 samples loud.
  const auto samples = static_cast<std::size_t>(played.played.count()) * 8;
  CHECK(p.at_callee.loud() <= samples);
  CHECK(p.at_callee.loud() >= samples * 9 / 10);
  // The next response begins at its beginning.
  CHECK(p.caller_side->send_audio(sawtooth(800)).outcome == Outcome::done);
  p.w.run_for(1s);
  CHECK(p.caller_side->cancel_audio().played == 100ms);
}

TEST_CASE("a stream is asked for pieces as they are needed, and its end is the response's") {
  std::vector<Played> finished;
  pair_of_parties p({.pacer_headroom = 400ms}, {}, [&](api::handlers& on) {
    on.audio_finished = [&](Session&, const Played& x) { finished.push_back(x); };
  });
  int asked = 0;
  CHECK(p.caller_side->send_audio([&]() -> std::vector<std::int16_t> {
    return ++asked <= 30 ? sawtooth(800) : std::vector<std::int16_t>{};
  }) == Outcome::done);
  CHECK(asked == 0);  // no callback within a command
  p.w.run_for(20ms);
  CHECK(asked <= 6);  // 400 ms are queued, and a piece waits
  p.w.run_for(4s);
  CHECK(asked == 31);
  REQUIRE(finished.size() == 1);
  CHECK(finished[0].played == 3000ms);
  CHECK(p.at_callee.even);
  CHECK(p.at_callee.loud() > 24000 * 9 / 10);
}

TEST_CASE("an hour of a producer that never stops keeps the queue bounded") {
  Config quiet;
  quiet.pacer_headroom = 1s;
  pair_of_parties p(quiet);
  std::size_t pieces = 0;
  std::chrono::milliseconds most{0};
  CHECK(p.caller_side->send_audio([&] {
    ++pieces;
    return sawtooth(1600);
  }) == Outcome::done);
  for (int minute = 0; minute < 60; ++minute) {
    p.w.run_for(60s);
    most = std::max(most, p.caller_side->queued_audio());
    p.at_callee.samples.clear();
  }
  CHECK(p.caller_side->state() == State::active);  // a talking call never expires
  CHECK(most <= 1000ms);
  CHECK(pieces >= 18'000);
  CHECK(pieces <= 18'010);
  CHECK(p.at_callee.even);
}

TEST_CASE("an audio callback that throws ends its call alone") {
  std::vector<std::string> errors;
  pair_of_parties p({}, {}, {}, [&](api::handlers& on) {
    on.audio = [](Session&, const AudioFrame&) { throw std::runtime_error("deaf"); };
    on.error = [&](const std::string& e) { errors.push_back(e); };
  });
  p.w.run_for(1s);
  CHECK(p.callee->state() == State::ended);
  REQUIRE(p.ended);
  CHECK(p.ended->reason == "callback_failed");
  CHECK(p.ended->by == EndedBy::error);
  CHECK(errors.size() == 1);
  CHECK(p.caller_side->state() == State::ended);
}

TEST_CASE("digits go and come, by events, INFO and tones, and each is told once") {
  int sent = 0;
  pair_of_parties p({}, {}, [&](api::handlers& on) { on.dtmf_sent = [&](Session&) { ++sent; }; });
  CHECK(p.caller_side->send_dtmf("12x") == Outcome::invalid);
  CHECK(p.caller_side->send_dtmf("") == Outcome::invalid);
  CHECK(p.caller_side->send_dtmf("12#") == Outcome::done);
  p.w.run_for(2s);
  CHECK(p.digits == "12#");
  CHECK(sent == 1);
  CHECK(p.caller_side->send_dtmf("34", DtmfMethod::info) == Outcome::done);
  CHECK(p.caller_side->send_dtmf("5", DtmfMethod::info) == Outcome::wrong_state);
  p.w.run_for(2s);
  CHECK(p.digits == "12#34");
  CHECK(sent == 2);
}

TEST_CASE("prompts, speech, recording: begun, told of, ended") {
  std::vector<std::string> told;
  pair_of_parties p({}, {}, [&](api::handlers& on) {
    on.play_finished = [&](Session&, const PlayFinished& f) {
      told.push_back(f.source + (f.completed ? " whole " : " cut ") +
                     std::to_string(f.played.count()));
    };
    on.recorded = [&](Session&, const Recorded& r) { told.push_back("file " + r.file); };
    on.error = [&](const std::string& e) { told.push_back(e); };
  });
  Session& s = *p.caller_side;
  CHECK(s.record("calls/{n}.wav") == Outcome::done);
  CHECK(s.record("calls/{what}.wav") == Outcome::invalid);
  CHECK(s.record("second.wav") == Outcome::wrong_state);
  CHECK(s.play("a.wav") == Outcome::done);
  CHECK(s.say("hello") == Outcome::done);
  CHECK(s.play("missing.wav") == Outcome::invalid);
  p.w.run_for(1500ms);
  CHECK(s.stop_playing() == Outcome::done);
  CHECK(s.stop_recording() == Outcome::done);
  p.w.run_for(100ms);
  REQUIRE(told.size() == 4);
  CHECK(told[0] == "session " + s.id() + ": cannot play: no such file");
  CHECK(told[1] == "a.wav whole 1000");
  CHECK(told[2] == "say:hello cut 500");
  CHECK(told[3] == "file calls/1.wav");
  CHECK(p.at_callee.loud() > 10'000);
  CHECK(s.stop_recording() == Outcome::wrong_state);
}

TEST_CASE("hold and resume are told on both sides, and a held call never expires") {
  std::vector<std::string> told;
  const auto note = [&](const std::string& who) {
    return [&, who](api::handlers& on) {
      on.hold = [&, who](Session&, bool is_on, EndedBy by) {
        told.push_back(who + (is_on ? " held by " : " resumed by ") +
                       (by == EndedBy::local ? "us" : "them"));
      };
    };
  };
  Config c;
  c.rtp_inactivity_timeout = 5s;
  pair_of_parties p(c, c, note("left"), note("right"));
  p.w.run_for(1s);
  CHECK(p.caller_side->hold() == Outcome::done);
  p.w.run_for(60s);
  CHECK(p.caller_side->state() == State::active);
  CHECK(p.caller_side->resume() == Outcome::done);
  p.w.run_for(10s);
  CHECK(p.caller_side->state() == State::active);
  std::sort(told.begin(), told.end());
  CHECK(told == std::vector<std::string>{"left held by us", "left resumed by us",
                                         "right held by them", "right resumed by them"});
}

TEST_CASE("media that stop end the call after the inactivity timeout") {
  Config c;
  c.rtp_inactivity_timeout = 5s;
  pair_of_parties p({}, c);
  p.w.run_for(2s);
  p.w.on_the_way(
      [](const sim::passing& way) { return way.from.ip == other_ip && way.from.port != 5060; });
  p.w.run_for(4s);
  CHECK(p.callee->state() == State::active);
  p.w.run_for(2s);
  REQUIRE(p.ended);
  CHECK(p.ended->reason == "rtp_timeout");
  CHECK(p.ended->by == EndedBy::timeout);
}

TEST_CASE("the caller's speech drops what plays where interruption is on") {
  int barged = 0;
  std::vector<Played> finished;
  pair_of_parties p({.interruption = true}, {}, [&](api::handlers& on) {
    on.barge_in = [&](Session&) { ++barged; };
    on.audio_finished = [&](Session&, const Played& x) { finished.push_back(x); };
  });
  CHECK(p.left.control().capabilities().contains("interruption"));
  CHECK_FALSE(p.right.control().capabilities().contains("interruption"));
  CHECK(p.caller_side->send_audio(sawtooth(16000)).outcome == Outcome::done);
  p.w.run_for(500ms);
  CHECK(barged == 0);
  // Speech: a tone that comes and goes as syllables do.
  std::vector<std::int16_t> voice;
  for (int i = 0; i < 8000; ++i)
    voice.push_back(i / 800 % 3 == 2 ? std::int16_t{0}
                                     : static_cast<std::int16_t>(
                                           sawtooth(80)[static_cast<std::size_t>(i) % 80]));
  CHECK(p.callee->send_audio(voice).outcome == Outcome::done);
  p.w.run_for(1s);
  CHECK(barged == 1);
  REQUIRE(finished.size() == 1);
  CHECK_FALSE(finished[0].completed);
  CHECK(finished[0].played > 500ms);
  CHECK(finished[0].played < 1000ms);
  CHECK_FALSE(p.caller_side->is_playing());
}

TEST_CASE("the digest response never appears in a trace") {
  sim::world w(1);
  std::vector<TraceMessage> seen;
  const auto trace = [&](api::handlers& on) {
    on.trace = [&](const TraceMessage& m) { seen.push_back(m); };
  };
  party right(w, server_ip, {.auth_users = {{"bob", "secret"}}}, trace);
  party left(w, other_ip, {}, trace);
  bool answered = false;
  static_cast<void>(
      left.control().dial({.to = "sip:bob@127.0.0.1", .credentials = Credentials{"bob", "secret"}},
                          [&](Session&, const DialResult& r) { answered = r.answered; }));
  w.run_for(1s);
  CHECK(answered);
  std::size_t credentials = 0;
  for (const TraceMessage& m : seen) {
    if (m.text.find("Authorization: Digest") == std::string::npos) continue;
    ++credentials;
    CHECK(m.text.find("response=***") != std::string::npos);
    CHECK(m.text.find("response=\"") == std::string::npos);
  }
  CHECK(credentials >= 2);  // sent and received
  REQUIRE_FALSE(seen.empty());
  CHECK_FALSE(seen[0].incoming);
  CHECK(seen[0].text.starts_with("INVITE sip:bob@127.0.0.1 SIP/2.0\r\n"));
  CHECK(seen[0].transport == "UDP");
  CHECK(seen[0].remote_address == "127.0.0.1:5060");
}
