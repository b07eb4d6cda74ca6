#include "sipvoice/session/engine.hpp"

#include <algorithm>

#include "engine_harness.hpp"
#include "sipvoice/session/capture.hpp"
#include "support/catch.hpp"

namespace sipvoice::test {
namespace {

using namespace std::chrono_literals;
using session::call_plan;

void plan_for_all(engine_harness& h, const call_plan& plan, const std::string& rule = {}) {
  h.engine.set_chooser([=](const call::call_info&) { return session::chosen_plan{plan, rule}; });
}

call_plan playing(std::vector<std::string> files) {
  call_plan plan;
  plan.play.assign(files.begin(), files.end());
  return plan;
}

}  // namespace

TEST_CASE("speech is watched where the plan or the process asks for it, and told") {
  struct row {
    bool plan_vad, plan_barge, all_vad, all_barge;
    std::size_t commands;
    bool barge_in;
  };
  for (const row& r :
       {row{false, false, false, false, 0, false}, row{true, false, false, false, 1, false},
        row{false, true, false, false, 1, true}, row{false, false, true, false, 1, false},
        row{false, false, false, true, 1, true}}) {
    engine_harness h;
    call_plan plan;
    plan.vad = r.plan_vad;
    plan.barge_in = r.plan_barge;
    plan_for_all(h, plan);
    h.engine.watch_speech(r.all_vad, r.all_barge);
    h.establish("a");
    const auto commands = h.commands<media::watch_speech_command>();
    REQUIRE(commands.size() == r.commands);
    if (r.commands == 0) continue;
    CHECK(commands[0].tell);
    CHECK(commands[0].barge_in == r.barge_in);
    h.media(media::speech_started{1200});
    h.media(media::speech_stopped{3400});
    CHECK(h.last("speech_started")["at_ms"] == 1200);
    CHECK(h.last("speech_stopped")["at_ms"] == 3400);
    CHECK(h.last("speech_stopped")["direction"] == "inbound");
  }
}

TEST_CASE("barge-in: the prompts are gone, and what follows the last one follows") {
  struct row {
    std::optional<session::then_action> then;
    bool loop;
    bool hangs_up, echoes;
  };
  using session::then_action;
  for (const row& r :
       {row{std::nullopt, false, true, false}, row{std::nullopt, true, true, false},
        row{then_action::stay, false, false, false}, row{then_action::echo, false, false, true}}) {
    engine_harness h;
    call_plan plan = playing({"a.wav", "b.wav", "c.wav"});
    plan.then = r.then;
    plan.loop = r.loop;
    plan.barge_in = true;
    plan_for_all(h, plan);
    h.establish("a");
    h.media(media::play_started{1});
    h.media(media::speech_started{400});
    h.media(media::play_finished{1, 440, false, true});
    CHECK_FALSE(h.sent("BYE"));
    CHECK(h.commands<media::echo_command>().empty());
    h.media(media::barged_in{441});
    CHECK(h.last("play_finished")["played_ms"] == 440);
    CHECK(h.last("play_finished")["completed"] == false);
    CHECK(h.last("barge_in")["at_ms"] == 441);
    CHECK(h.sent("BYE") == r.hangs_up);
    CHECK(h.commands<media::echo_command>().size() == (r.echoes ? 1u : 0u));
    if (!r.hangs_up) h.bye("a");
    auto names = h.names();
    const auto from = std::find(names.begin(), names.end(), "speech_started");
    CHECK(std::vector<std::string>(from, names.end()) ==
          std::vector<std::string>{"speech_started", "play_finished", "barge_in", "call_ended"});
    REQUIRE(h.finished.size() == 1);
    CHECK(h.finished[0].plan_completed);  // cut off as it was asked for
  }
}

TEST_CASE("without a ring time a call rings and is answered at once") {
  engine_harness h;
  call_plan plan;
  plan.echo = true;
  plan.headers = {{"X-Served-By", "test"}};
  plan_for_all(h, plan);
  h.establish("a");
  CHECK(h.sent("SIP/2.0 180"));
  CHECK(h.sent("SIP/2.0 200"));
  CHECK(h.names() == std::vector<std::string>{"call_incoming", "call_ringing", "call_answered"});
  CHECK(h.commands<media::start_command>().size() == 1);
  REQUIRE(h.commands<media::echo_command>().size() == 1);
  CHECK(h.commands<media::echo_command>()[0].on);
  CHECK(h.engine.sessions() == 1);

  h.bye("a");
  CHECK(h.last("call_ended")["by"] == "remote");
  CHECK(h.count("call_ended") == 1);
  REQUIRE(h.finished.size() == 1);
  CHECK(h.finished[0].answered);
  CHECK(h.finished[0].status == 200);
  CHECK(h.finished[0].plan_completed);
  CHECK(h.engine.sessions() == 0);
}

TEST_CASE("of a call's headers its record keeps the application's alone") {
  engine_harness h;
  const std::string headers = "Subject: hello\r\nX-Room-ID: sales\r\nX-A: 1\r\n";
  h.invite("refused", headers);  // 404: there is no route
  plan_for_all(h, {});
  h.establish("a", headers);
  h.bye("a");
  REQUIRE(h.finished.size() == 2);
  CHECK(h.finished[0].status == 404);
  CHECK(h.finished[1].answered);
  for (const session::call_record& record : h.finished) {
    CHECK(record.info.headers.empty());
    const auto& kept = record.info.x_headers;
    CHECK(call::header_list(kept.begin(), kept.end()) ==
          call::header_list{{"X-Room-ID", "sales"}, {"X-A", "1"}});
  }
}

TEST_CASE("a ring time is exact") {
  engine_harness h;
  call_plan plan;
  plan.ring = 250ms;
  plan_for_all(h, plan);
  h.invite("a");
  CHECK(h.sent("SIP/2.0 180"));
  h.advance(249ms);
  CHECK_FALSE(h.sent("SIP/2.0 200"));
  h.advance(1ms);
  CHECK(h.sent("SIP/2.0 200"));
}

TEST_CASE("cancelled while it rings: one closing event, and no answer afterwards") {
  engine_harness h;
  call_plan plan;
  plan.ring = 5s;
  plan_for_all(h, plan);
  h.invite("a");
  h.cancel("a");
  CHECK(h.last("call_ended")["by"] == "remote");
  CHECK(h.last("call_ended")["reason"] == "cancelled");
  CHECK(h.last("call_ended")["media"].is_null());
  h.advance(10s);
  CHECK_FALSE(h.sent("SIP/2.0 200 OK INVITE"));
  CHECK(h.count("call_answered") == 0);
  CHECK(h.count("call_ended") + h.count("call_rejected") == 1);
  REQUIRE(h.finished.size() == 1);
  CHECK_FALSE(h.finished[0].answered);
  CHECK(h.finished[0].duration_ms == 0);
}

TEST_CASE("a rejecting plan closes the call with call_rejected alone") {
  engine_harness h;
  call_plan plan;
  plan.reject = session::reject_plan{486, "Gone fishing"};
  SECTION("rule as given") {
    plan_for_all(h, plan, "reject");
    h.invite("a");
    CHECK(h.last("call_rejected")["rule"] == "reject");
  }
  SECTION("rule route where none was given") {
    plan_for_all(h, plan);
    h.invite("a");
    CHECK(h.last("call_rejected")["rule"] == "route");
  }
  CHECK(h.sent("SIP/2.0 486 Gone fishing"));
  CHECK(h.names() == std::vector<std::string>{"call_incoming", "call_rejected"});
  REQUIRE(h.finished.size() == 1);
  CHECK(h.finished[0].status == 486);
  CHECK_FALSE(h.finished[0].by.has_value());
}

TEST_CASE("without a chooser every call is 404 by rule route") {
  engine_harness h;
  h.invite("a");
  CHECK(h.sent("SIP/2.0 404"));
  CHECK(h.last("call_rejected")["rule"] == "route");
}

TEST_CASE("an INVITE that is refused before it is a call is told by call_rejected alone") {
  engine_harness h;
  plan_for_all(h, {});
  h.ports_free = false;
  h.invite("a");
  CHECK(h.sent("SIP/2.0 503"));
  CHECK(h.names() == std::vector<std::string>{"call_rejected"});
  CHECK(h.last("call_rejected")["call_id"] == "a");
  CHECK(h.finished.size() == 1);
}

TEST_CASE("prompts are queued in order, after the last one the call is hung up") {
  engine_harness h;
  plan_for_all(h, playing({"a.wav", "b.wav"}));
  h.establish("a");
  const auto plays = h.commands<media::play_command>();
  REQUIRE(plays.size() == 2);
  CHECK(plays[0].clip->name == "a.wav");
  CHECK(plays[1].clip->name == "b.wav");
  CHECK_FALSE(plays[0].loop);

  h.media(media::play_started{plays[0].handle});
  CHECK(h.last("play_started")["source"] == "a.wav");
  h.media(media::play_finished{plays[0].handle, 1000, true});
  CHECK_FALSE(h.sent("BYE "));
  h.media(media::play_started{plays[1].handle});
  h.media(media::play_finished{plays[1].handle, 1000, true});
  CHECK(h.sent("BYE "));
  CHECK(h.last("play_finished")["source"] == "b.wav");
  CHECK(h.last("call_ended")["by"] == "local");
  CHECK(h.last("call_ended")["reason"] == "hangup");
  CHECK(h.finished.at(0).plan_completed);
}

TEST_CASE("what follows the last prompt") {
  struct row {
    std::optional<session::then_action> then;
    duration hangup_after;
    bool silence_only;
    bool hangs_up;
    std::size_t echoes;
  };
  using session::then_action;
  const row rows[] = {
      {std::nullopt, 0s, false, true, 0},
      {std::nullopt, 60s, false, false, 0},  // a call with a length stays
      {then_action::hangup, 60s, false, true, 0},
      {then_action::hangup, 0s, false, true, 0},
      {then_action::stay, 0s, false, false, 0},
      {then_action::echo, 0s, false, false, 1},
      {std::nullopt, 0s, true, false, 0},  // nothing was played: it stays
      {then_action::hangup, 0s, true, false, 0},
  };
  for (const row& r : rows) {
    engine_harness h;
    call_plan plan = r.silence_only ? call_plan{} : playing({"a.wav"});
    plan.silence = r.silence_only;
    plan.then = r.then;
    plan.hangup_after = r.hangup_after;
    plan_for_all(h, plan);
    h.establish("a");
    if (!r.silence_only) h.media(media::play_finished{1, 1000, true});
    CHECK(h.sent("BYE ") == r.hangs_up);
    CHECK(h.commands<media::echo_command>().size() == r.echoes);
  }
}

TEST_CASE("a looped prompt never ends the call, and does not count as unfinished") {
  engine_harness h;
  call_plan plan = playing({"a.wav"});
  plan.loop = true;
  plan_for_all(h, plan);
  h.establish("a");
  for (int i = 0; i < 3; ++i) h.media(media::play_finished{1, 1000, true});
  CHECK_FALSE(h.sent("BYE "));
  CHECK(h.count("play_finished") == 3);
  h.media(media::play_finished{1, 400, false});  // the peer hangs up in the middle of a round
  h.bye("a");
  CHECK(h.finished.at(0).plan_completed);
}

TEST_CASE("digits are waited for as prompts are") {
  engine_harness h;
  call_plan plan = playing({"a.wav"});
  plan.dtmf = "12w#";
  plan_for_all(h, plan);
  h.establish("a");
  REQUIRE(h.commands<media::send_digits_command>().size() == 1);
  CHECK(h.commands<media::send_digits_command>()[0].digits == "12w#");
  h.media(media::play_finished{1, 1000, true});
  CHECK_FALSE(h.sent("BYE "));
  h.media(media::digits_sent{});
  CHECK(h.sent("BYE "));
  CHECK(h.finished.at(0).plan_completed);
}

TEST_CASE("digits go the way that the plan says") {
  engine_harness h;
  call_plan plan;
  plan.dtmf = "1w#";
  plan.then = session::then_action::hangup;
  SECTION("as tones") {
    plan.dtmf_method = media::digit_method::inband;
    plan_for_all(h, plan);
    h.establish("a");
    REQUIRE(h.commands<media::send_digits_command>().size() == 1);
    CHECK(h.commands<media::send_digits_command>()[0].in_sound);
  }
  SECTION("as telephone-events") {
    plan.dtmf_method = media::digit_method::rfc4733;
    plan_for_all(h, plan);
    h.establish("a");
    REQUIRE(h.commands<media::send_digits_command>().size() == 1);
    CHECK_FALSE(h.commands<media::send_digits_command>()[0].in_sound);
  }
  SECTION("by INFO") {
    plan.dtmf_method = media::digit_method::info;
    plan_for_all(h, plan);
    h.establish("a");
    const auto infos = [&h] {
      return std::count_if(h.wire.begin(), h.wire.end(),
                           [](const std::string& line) { return line.starts_with("INFO "); });
    };
    h.advance(0ms);
    CHECK(infos() == 1);
    h.advance(979ms);
    CHECK_FALSE(h.sent("BYE "));
    CHECK(infos() == 2);
    h.advance(1ms);
    CHECK(h.sent("BYE "));
    CHECK(h.commands<media::send_digits_command>().empty());
    CHECK(h.finished.at(0).plan_completed);
  }
  SECTION("by INFO, one at a time however late its answer is") {
    plan.dtmf = "123";
    plan.dtmf_method = media::digit_method::info;
    plan_for_all(h, plan);
    h.hold_info_answers = true;
    h.establish("a");
    const auto numbers = [&h] {  // of the requests, copies of one left out
      return h.info_numbers.size();
    };
    h.advance(2000ms);
    CHECK(numbers() == 1);
    h.answer_info();
    CHECK(numbers() == 2);
    h.advance(100ms);
    h.answer_info();
    CHECK(numbers() == 2);  // not before its time: 240 ms after the one before
    h.advance(139ms);
    CHECK(numbers() == 2);
    h.advance(1ms);
    CHECK(numbers() == 3);
    h.advance(1000ms);
    CHECK_FALSE(h.sent("BYE "));  // the last one is not answered
    h.answer_info();
    CHECK(h.sent("BYE "));
    CHECK(h.finished.at(0).plan_completed);
  }
}

TEST_CASE("a press that comes in two ways is told once") {
  engine_harness h;
  call_plan plan;
  plan.hangup_on = "11";
  plan_for_all(h, plan);
  h.establish("a");
  h.media(media::digit_received{'1', 100, true});
  h.media(media::digit_received{'1', 95, true, media::digit_method::inband});
  CHECK(h.count("dtmf") == 1);
  CHECK(h.last("dtmf")["method"] == "rfc4733");
  CHECK_FALSE(h.sent("BYE "));
  h.advance(300ms);
  h.media(media::digit_received{'1', 95, true, media::digit_method::inband});
  CHECK(h.count("dtmf") == 2);
  CHECK(h.last("dtmf")["method"] == "inband");
  CHECK(h.sent("BYE "));
}

TEST_CASE("a plan is not completed when the peer leaves before its prompt or digits are out") {
  SECTION("prompt") {
    engine_harness h;
    plan_for_all(h, playing({"a.wav"}));
    h.establish("a");
    h.bye("a");
    CHECK_FALSE(h.finished.at(0).plan_completed);
  }
  SECTION("prompt cut off") {
    engine_harness h;
    call_plan plan = playing({"a.wav"});
    plan.then = session::then_action::stay;
    plan_for_all(h, plan);
    h.establish("a");
    h.media(media::play_finished{1, 500, false});
    h.bye("a");
    CHECK(h.last("play_finished")["completed"] == false);
    CHECK_FALSE(h.finished.at(0).plan_completed);
  }
  SECTION("digits") {
    engine_harness h;
    call_plan plan;
    plan.dtmf = "1";
    plan_for_all(h, plan);
    h.establish("a");
    h.bye("a");
    CHECK_FALSE(h.finished.at(0).plan_completed);
  }
}

TEST_CASE("a prompt that cannot be read is told, and what is left goes on") {
  engine_harness h;
  plan_for_all(h, playing({"missing.wav", "b.wav"}));
  h.establish("a");
  CHECK(h.last("error")["message"] == "cannot play: no such file");
  CHECK(h.last("error")["file"] == "missing.wav");
  REQUIRE(h.commands<media::play_command>().size() == 1);
  h.media(media::play_finished{h.commands<media::play_command>()[0].handle, 1000, true});
  CHECK(h.sent("BYE "));
  CHECK_FALSE(h.finished.at(0).plan_completed);
}

TEST_CASE("hangup_on matches the last digits received, whatever came before") {
  struct row {
    const char* sequence;
    const char* digits;
    std::size_t hangs_up_after;  ///< digits; 0: never
  };
  const row rows[] = {
      {"9", "1239", 4},    {"##", "#1##", 4},    {"112", "1112", 4},
      {"121", "12121", 3}, {"9", "12345678", 0}, {"*9", "9*", 0},
  };
  for (const row& r : rows) {
    engine_harness h;
    call_plan plan;
    plan.hangup_on = r.sequence;
    plan_for_all(h, plan);
    h.establish("a");
    std::size_t count = 0;
    for (const char* d = r.digits; *d != 0 && !h.sent("BYE "); ++d, ++count) {
      h.media(media::digit_received{*d, 100, true});
      CHECK(h.last("dtmf")["digit"] == std::string(1, *d));
    }
    CHECK((h.sent("BYE ") ? count : 0) == r.hangs_up_after);
    if (r.hangs_up_after > 0) CHECK(h.last("call_ended")["reason"] == "hangup_on");
  }
}

TEST_CASE("hangup_after counts from the answer, not from the ring") {
  engine_harness h;
  call_plan plan;
  plan.ring = 1s;
  plan.hangup_after = 2s;
  plan_for_all(h, plan);
  h.invite("a");
  h.advance(1s);
  h.ack("a");
  h.advance(1999ms);
  CHECK_FALSE(h.sent("BYE "));
  h.advance(1ms);
  CHECK(h.sent("BYE "));
  CHECK(h.last("call_ended")["reason"] == "hangup_after");
  CHECK(h.last("call_ended")["duration_ms"] == 2000);
}

TEST_CASE("record_finished comes before call_ended, and the record after both") {
  engine_harness h;
  call_plan plan;
  plan.record = "rec/{call_id}.wav";
  plan.stereo = true;
  plan.max_duration = 60s;
  plan_for_all(h, plan);
  h.establish("a");
  REQUIRE(h.sounds.opened.size() == 1);
  CHECK(h.sounds.opened[0].file == "rec/a.wav");
  CHECK(h.sounds.opened[0].stereo);
  REQUIRE(h.commands<media::record_command>().size() == 1);
  CHECK(h.commands<media::record_command>()[0].max_duration == 60s);
  CHECK(h.last("record_started")["file"] == "rec/a.wav");

  h.bye("a");
  CHECK(h.count("call_ended") == 0);
  CHECK(h.engine.sessions() == 1);
  h.recorded(0, {"rec/a.wav", 1234, 0, ""});
  const std::size_t n = h.order.size();
  REQUIRE(n >= 3);
  CHECK(h.order[n - 3] == "event:record_finished");
  CHECK(h.order[n - 2] == "event:call_ended");
  CHECK(h.order[n - 1] == "finished");
  CHECK(h.last("record_finished")["duration_ms"] == 1234);
  CHECK(h.finished.at(0).error.empty());
  CHECK(h.engine.sessions() == 0);
}

TEST_CASE("a recording that reaches its limit ends, the call goes on") {
  engine_harness h;
  call_plan plan;
  plan.record = "r.wav";
  plan_for_all(h, plan);
  h.establish("a");
  h.media(media::record_stopped{1});
  h.recorded(0, {"r.wav", 60000, 0, ""});
  CHECK(h.last("record_finished")["duration_ms"] == 60000);
  CHECK(h.engine.sessions() == 1);
  h.bye("a");
  CHECK(h.count("call_ended") == 1);
  CHECK(h.count("record_finished") == 1);
}

TEST_CASE("a disk that fills is an error of the process, not of the call") {
  engine_harness h;
  call_plan plan;
  plan.record = "r.wav";
  plan_for_all(h, plan);
  h.establish("a");
  h.recorded(0, {"r.wav", 500, 0, "disk full"});
  CHECK(h.last("error")["message"] == "recording ended early: disk full");
  CHECK(h.last("error")["file"] == "r.wav");
  CHECK(h.count("record_finished") == 1);
  REQUIRE(h.failures.size() == 1);
  CHECK(h.failures[0] == "r.wav: recording ended early: disk full");
  CHECK_FALSE(h.sent("BYE "));
  h.bye("a");
  CHECK(h.finished.at(0).error == "recording ended early: disk full");
}

TEST_CASE("a recording that cannot be opened is told, and the call goes on") {
  engine_harness h;
  h.sounds.refuse = true;
  call_plan plan;
  plan.record = "r.wav";
  plan_for_all(h, plan);
  h.establish("a");
  CHECK(h.last("error")["message"] == "cannot record: permission denied");
  CHECK(h.failures.size() == 1);
  CHECK(h.count("record_started") == 0);
  h.bye("a");
  CHECK(h.count("call_ended") == 1);
  CHECK(h.count("record_finished") == 0);
}

TEST_CASE("a sound store that never answers does not keep a call for ever") {
  engine_harness h;
  call_plan plan;
  plan.record = "r.wav";
  plan_for_all(h, plan);
  h.establish("a");
  h.bye("a");
  h.advance(9999ms);
  CHECK(h.count("call_ended") == 0);
  h.advance(1ms);
  CHECK(h.count("call_ended") == 1);
  CHECK(h.failures.size() == 1);
  h.recorded(0, {"r.wav", 1, 0, ""});  // too late: nobody is there
  CHECK(h.count("record_finished") == 0);
}

TEST_CASE("what was heard is in the record") {
  engine_harness h;
  call_plan plan;
  plan.capture_heard = true;
  plan_for_all(h, plan);
  h.establish("a");
  const auto records = h.commands<media::record_command>();
  REQUIRE(records.size() == 1);
  const std::vector<std::int16_t> heard{1, 2, 3}, sent{9, 9, 9};
  records[0].sink->write(heard, sent);
  records[0].sink->write(heard, sent);
  h.bye("a");
  CHECK(h.finished.at(0).heard == std::vector<std::int16_t>{1, 2, 3, 1, 2, 3});
  CHECK(h.finished.at(0).heard_rate == 8000);
  CHECK(h.count("record_started") == 0);
}

TEST_CASE("memory of what was heard is bounded") {
  session::capture_sink sink(8000);
  const std::vector<std::int16_t> block(8000 * 60, 5);
  for (int minute = 0; minute < 25; ++minute) sink.write(block, block);
  CHECK(sink.take().size() == std::size_t{8000} * session::max_capture_seconds);
}

TEST_CASE("the call limit counts what has ended, answered or not") {
  engine_harness h;
  plan_for_all(h, {});
  h.engine.set_call_limit(2);
  h.establish("a");
  h.establish("b");
  CHECK_FALSE(h.engine.done());
  h.bye("a");
  CHECK_FALSE(h.engine.done());
  h.bye("b");
  CHECK(h.engine.done());
  h.invite("c");
  CHECK(h.sent("SIP/2.0 503"));
  CHECK(h.engine.done());
}

TEST_CASE("a call beyond the limit that is still up is waited for") {
  engine_harness h;
  plan_for_all(h, {});
  h.engine.set_call_limit(1);
  h.establish("a");
  h.establish("b");
  h.bye("a");
  CHECK_FALSE(h.engine.done());
  h.bye("b");
  CHECK(h.engine.done());
}

TEST_CASE("a graceful stop: BYE for what is up, 480 for what rings, 503 for what comes") {
  engine_harness h;
  plan_for_all(h, {});
  h.establish("a");
  call_plan ringing;
  ringing.ring = 60s;
  plan_for_all(h, ringing);
  h.invite("b");
  h.engine.shut_down(h.now);
  h.drain();
  CHECK(h.sent("BYE "));
  CHECK(h.sent("SIP/2.0 480"));
  h.invite("c");
  CHECK(h.sent("SIP/2.0 503"));
  CHECK(h.engine.sessions() == 0);
  CHECK(h.count("call_ended") + h.count("call_rejected") == 3);
}

TEST_CASE("shut down refuses a call whose event is still on its way") {
  engine_harness h;
  plan_for_all(h, {});
  h.put_invite("a");
  h.engine.shut_down(h.now);
  h.drain();
  CHECK(h.sent("SIP/2.0 503"));
  CHECK_FALSE(h.sent("SIP/2.0 200"));
  CHECK(h.last("call_rejected")["rule"] == "shutdown");
  CHECK(h.engine.sessions() == 0);
}

TEST_CASE("plans of calls that are up survive new routes") {
  engine_harness h;
  call_plan first;
  first.hangup_on = "1";
  plan_for_all(h, first);
  h.establish("a");
  call_plan second;
  second.reject = session::reject_plan{603, {}};
  plan_for_all(h, second);
  h.media(media::digit_received{'1', 100, true});
  CHECK(h.last("call_ended")["reason"] == "hangup_on");
  h.invite("b");
  CHECK(h.sent("SIP/2.0 603"));
}

TEST_CASE("the peer's Reason is told") {
  engine_harness h;
  plan_for_all(h, {});
  h.establish("a");
  h.bye("a", "Reason: Q.850;cause=31;text=\"normal\"\r\n");
  CHECK(h.last("call_ended")["q850_cause"] == 31);
}

TEST_CASE("a listener is announced with its address and time") {
  engine_harness h;
  h.engine.announce_listening("udp:127.0.0.1:5060", h.now + 1500ms);
  h.drain();
  CHECK(h.last("listening")["address"] == "udp:127.0.0.1:5060");
  CHECK(h.last("listening")["time"] == "1970-01-01T00:00:01.500000Z");
  CHECK(h.lines.at(0).text == "listening on udp:127.0.0.1:5060");
}

TEST_CASE("events of media that nobody knows are nothing") {
  engine_harness h;
  h.engine.handle(media::media_event{media::media_id{99}, media::digits_sent{}}, h.now);
  call::call_ended unknown;
  unknown.id = call::call_id{99};
  h.engine.handle(unknown, h.now);
  h.drain();
  CHECK(h.events.empty());
  CHECK(h.finished.empty());
}

TEST_CASE("a call that is dialled after the shutdown is not placed, and says why") {
  engine_harness h;
  h.engine.shut_down(h.now);
  h.drain();
  call::dial_request request;
  request.target = "sip:bob@127.0.0.9";
  const auto id = h.engine.dial(request, {}, h.now);
  CHECK(id != call::call_id{});
  h.drain();
  CHECK(h.wire.empty());
  REQUIRE(h.finished.size() == 1);
  CHECK(h.finished[0].info.id == id);
  CHECK_FALSE(h.finished[0].answered);
  CHECK(h.finished[0].reason == "shutdown");
  CHECK(h.last("call_ended")["reason"] == "shutdown");
  CHECK(h.engine.sessions() == 0);
  CHECK(h.endpoint.calls() == 0);
}

}  // namespace sipvoice::test
