// Calls without signalling: the plan of a call on a media session that was set up by hand.
#include "sipvoice/session/direct.hpp"

#include "engine_harness.hpp"
#include "support/catch.hpp"

namespace sipvoice::test {
namespace {

using namespace std::chrono_literals;
using session::call_plan;
using names = std::vector<std::string>;

session::direct_request request() {
  session::direct_request r;
  r.ports = {media::port_pair_id{7}, {ip_address::v4(127, 0, 0, 1), 4000}};
  r.remote_rtp = {ip_address::v4(127, 0, 0, 2), 5000};
  r.format = session::direct_format(audio::codec_id::pcmu, std::nullopt, 101, 20);
  r.inactivity_timeout = 30s;
  r.establishment_timeout = 60s;
  return r;
}

call::call_id open(engine_harness& h, const call_plan& plan) {
  const call::call_id id = h.engine.open_direct(request(), plan, h.random, h.now);
  h.drain();
  return id;
}

}  // namespace

TEST_CASE("what both sides would have agreed on") {
  using audio::codec_id;
  struct row {
    codec_id codec;
    std::optional<std::uint8_t> type;
    int expected_type;
    std::uint32_t dtmf_clock;
    bool comfort_noise;
  };
  const row table[] = {
      {codec_id::pcmu, {}, 0, 8000, true},          {codec_id::pcma, {}, 8, 8000, true},
      {codec_id::g722, {}, 9, 8000, true},          {codec_id::opus, {}, 96, 48000, false},
      {codec_id::opus, {{111}}, 111, 48000, false}, {codec_id::l16_8000, {{100}}, 100, 8000, true},
      {codec_id::pcmu, {{13}}, 13, 8000, false},
  };
  for (const row& r : table) {
    CAPTURE(audio::info(r.codec).option_name, r.expected_type);
    const auto f = session::direct_format(r.codec, r.type, 101, 20);
    CHECK(to_int(f.send.type) == r.expected_type);
    CHECK(f.send.codec == r.codec);
    CHECK(f.receive == std::vector{f.send});
    REQUIRE(f.dtmf_send);
    CHECK(to_int(*f.dtmf_send) == 101);
    CHECK(f.dtmf_receive == f.dtmf_send);
    CHECK(f.dtmf_clock_rate == r.dtmf_clock);
    CHECK(f.comfort_noise.has_value() == r.comfort_noise);
    CHECK(f.ptime_ms == 20);
  }
  CHECK(session::direct_format(codec_id::opus, {}, 101, 30).ptime_ms == 20);
}

TEST_CASE("a direct call is open at once, and hangs up when its prompt and digits are out") {
  engine_harness h;
  call_plan plan;
  plan.play = {"a.wav"};
  plan.dtmf = "12";
  const auto id = open(h, plan);
  CHECK(id != call::call_id{});
  CHECK(h.wire.empty());
  CHECK(h.names() == names{"call_outgoing", "call_answered"});
  const json answered = h.last("call_answered");
  CHECK(answered["status"].is_null());
  CHECK(answered["codec"] == "pcmu");
  CHECK(answered["dtmf_pt"] == 101);
  CHECK(answered["local_rtp"] == "127.0.0.1:4000");
  CHECK(answered["remote_rtp"] == "127.0.0.2:5000");
  CHECK(h.last("call_outgoing")["from"] == "rtp:127.0.0.1:4000");
  CHECK(h.last("call_outgoing")["room_id"] == answered["call_id"]);

  REQUIRE(h.opened.size() == 1);
  const media::media_open& media = h.opened[0];
  CHECK(media.ports == media::port_pair_id{7});
  CHECK(media.parameters.remote_rtp.to_string() == "127.0.0.2:5000");
  CHECK(media.parameters.remote_rtcp.to_string() == "127.0.0.2:5001");
  CHECK(media.establishment_timeout == 60s);
  CHECK(h.commands<media::start_command>().size() == 1);
  CHECK(h.commands<media::play_command>().size() == 1);
  CHECK(h.commands<media::send_digits_command>().size() == 1);

  h.advance(1s);
  h.media(media::play_finished{1, 1000, true});
  CHECK(h.engine.sessions() == 1);
  h.statistics.packets_received = 50;
  h.advance(500ms);
  h.media(media::digits_sent{});
  const json ended = h.last("call_ended");
  CHECK(ended["by"] == "local");
  CHECK(ended["reason"] == "hangup");
  CHECK(ended["duration_ms"] == 1500);
  CHECK(ended["media"]["packets_received"] == 50);
  REQUIRE(h.finished.size() == 1);
  CHECK(h.finished[0].plan_completed);
  CHECK(h.engine.sessions() == 0);
  CHECK(h.engine.next_deadline() == never);
}

TEST_CASE("with rtcp-mux reports go to the RTP port, above the last port there is none") {
  engine_harness h;
  auto r = request();
  r.rtcp_mux = true;
  h.engine.open_direct(r, {}, h.random, h.now);
  r.rtcp_mux = false;
  r.remote_rtp.port = 65535;
  h.engine.open_direct(r, {}, h.random, h.now);
  h.drain();
  REQUIRE(h.opened.size() == 2);
  CHECK(h.opened[0].parameters.rtcp_mux);
  CHECK(h.opened[0].parameters.remote_rtcp.port == 5000);
  CHECK(h.opened[1].parameters.remote_rtcp.port == 0);
  CHECK(h.opened[0].id != h.opened[1].id);
  CHECK(h.opened[0].local_ssrc != h.opened[1].local_ssrc);
}

TEST_CASE("every way in which a direct call ends") {
  struct row {
    const char* what;
    std::function<void(engine_harness&)> cause;
    std::string by, reason;
  };
  const row table[] = {
      {"its length", [](engine_harness& h) { h.advance(5s); }, "local", "hangup_after"},
      {"a sequence of digits",
       [](engine_harness& h) {
         for (const char digit : {'4', '2'}) h.media(media::digit_received{digit, 100, true});
       },
       "local", "hangup_on"},
      {"no packet ever", [](engine_harness& h) { h.media(media::media_timed_out{true}); },
       "timeout", "rtp_never"},
      {"no packet any more", [](engine_harness& h) { h.media(media::media_timed_out{false}); },
       "timeout", "rtp_timeout"},
      {"RTCP BYE", [](engine_harness& h) { h.media(media::peer_left{}); }, "remote", "rtcp_bye"},
      {"an interrupt",
       [](engine_harness& h) {
         h.engine.shut_down(h.now);
         h.drain();
       },
       "local", "shutdown"},
  };
  for (const row& r : table) {
    CAPTURE(r.what);
    engine_harness h;
    call_plan plan;
    plan.echo = true;
    plan.hangup_after = 5s;
    plan.hangup_on = "42";
    open(h, plan);
    REQUIRE(h.engine.sessions() == 1);
    r.cause(h);
    CHECK(h.last("call_ended")["by"] == r.by);
    CHECK(h.last("call_ended")["reason"] == r.reason);
    CHECK(h.count("call_ended") == 1);
    CHECK(h.engine.sessions() == 0);
  }
}

TEST_CASE("only the first cause of an end counts, and nothing begins after a shutdown") {
  engine_harness h;
  h.hold_media_close = true;  // the worker takes its time
  open(h, {});
  h.media(media::media_timed_out{true});
  h.media(media::peer_left{});
  h.engine.shut_down(h.now);
  h.drain();
  CHECK(h.count("call_ended") == 0);
  CHECK(h.closed_media == 1);
  h.media(media::media_closed{});
  CHECK(h.count("call_ended") == 1);
  CHECK(h.last("call_ended")["reason"] == "rtp_never");
  CHECK(open(h, {}) == call::call_id{});
  CHECK(h.opened.size() == 1);
}

TEST_CASE("direct calls and calls by SIP live beside each other") {
  engine_harness h;
  h.engine.set_chooser([](const call::call_info&) {
    session::chosen_plan chosen;
    chosen.plan.echo = true;
    return chosen;
  });
  h.establish("a");
  open(h, {});
  CHECK(h.engine.sessions() == 2);
  h.media(media::peer_left{});  // of the direct one, which was opened last
  CHECK(h.engine.sessions() == 1);
  CHECK_FALSE(h.sent("BYE "));
  h.open_media.pop_back();
  h.media(media::peer_left{});  // SIP says when this one ends
  CHECK(h.engine.sessions() == 1);
  h.bye("a");
  CHECK(h.engine.sessions() == 0);
  CHECK(h.count("call_ended") == 2);
}

TEST_CASE("a recording of a direct call is named after it and delays its last line") {
  engine_harness h;
  call_plan plan;
  plan.record = "rec/{caller}-{callee}-{n}.wav";
  plan.hangup_after = 1s;
  open(h, plan);
  REQUIRE(h.sounds.opened.size() == 1);
  CHECK(h.sounds.opened[0].file == "rec/127.0.0.1_4000-127.0.0.2_5000-1.wav");
  h.advance(1s);
  CHECK(h.count("call_ended") == 0);
  h.recorded(0, {h.sounds.opened[0].file, 1000, 0, {}});
  CHECK(h.count("record_finished") == 1);
  CHECK(h.count("call_ended") == 1);
}

TEST_CASE("the picture of a recording is named by its template, told, or its failure is") {
  for (const bool drawn : {true, false}) {
    CAPTURE(drawn);
    engine_harness h;
    call_plan plan;
    plan.record = "rec/{n}.wav";
    plan.waveform = "rec/{callee}-{n}.svg";
    plan.hangup_after = 1s;
    open(h, plan);
    REQUIRE(h.sounds.pictures.size() == 1);
    CHECK(h.sounds.pictures[0] == "rec/127.0.0.2_5000-1.svg");
    h.advance(1s);
    session::recording_result result{"rec/1.wav", 1000, 0, {}};
    (drawn ? result.picture : result.picture_error) = "rec/127.0.0.2_5000-1-2.svg";
    h.recorded(0, result);
    const json told = h.last("record_finished");
    CHECK(told["file"] == "rec/1.wav");
    CHECK(told.contains("waveform") == drawn);
    if (drawn) CHECK(told["waveform"] == result.picture);
    CHECK(h.count("error") == (drawn ? 0 : 1));
    CHECK(h.failures.size() == (drawn ? 0 : 1));
    REQUIRE(h.finished.size() == 1);
    CHECK(h.finished[0].error.empty() == drawn);
  }
  engine_harness h;
  call_plan plan;
  plan.record = "a.wav";
  open(h, plan);
  CHECK(h.sounds.pictures == std::vector<std::string>{""});
}

}  // namespace sipvoice::test
