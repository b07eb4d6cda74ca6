#include "report/sample.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace test {

using namespace sipvoice;
using namespace sipvoice::scenario;

namespace {

/// Syllables between pauses, as speech looks from afar.
sound_outline speech(double start_ms, double length_ms, float level, unsigned voice) {
  sound_outline o;
  o.start_ms = start_ms;
  unsigned noise = voice * 2654435761U + 1;
  for (double t = 0; t < length_ms; t += o.piece_ms) {
    noise = noise * 1664525U + 1013904223U;
    const float grain = 0.6F + 0.4F * static_cast<float>(noise >> 8) / 16777216.0F;
    const double syllable =
        std::abs(std::sin(t / (90.0 + 10 * voice))) * (0.6 + 0.4 * std::sin(t / 410));
    const bool pause = std::fmod(t, 1300) > 1050;
    const float high = pause ? 0.002F : level * grain * static_cast<float>(syllable);
    o.peaks.emplace_back(-high * 0.9F, high);
  }
  return o;
}

std::string request(const std::string& method, const std::string& to, int cseq,
                    const std::string& more = {}) {
  return method + " sip:" + to + " SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:40001;branch=z9hG4bK" +
         std::to_string(cseq) +
         "a7f3;rport\r\nMax-Forwards: 70\r\nFrom: <sip:caller@127.0.0.1>;tag=8f2c\r\nTo: <sip:" +
         to + ">\r\nCall-ID: 5d1e77c0@127.0.0.1\r\nCSeq: " + std::to_string(cseq) + " " + method +
         "\r\n" + more + "Content-Length: 0\r\n\r\n";
}

std::string response(const std::string& status, const std::string& method, int cseq) {
  return "SIP/2.0 " + status + "\r\nVia: SIP/2.0/UDP 127.0.0.1:40001;branch=z9hG4bK" +
         std::to_string(cseq) +
         "a7f3;rport=40001\r\nFrom: <sip:caller@127.0.0.1>;tag=8f2c\r\nTo: "
         "<sip:ivr@127.0.0.1>;tag=19bd\r\n"
         "Call-ID: 5d1e77c0@127.0.0.1\r\nCSeq: " +
         std::to_string(cseq) + " " + method +
         "\r\nContact: <sip:ivr@127.0.0.1:40002>\r\nContent-Length: 0\r\n\r\n";
}

step_report step(std::string word, std::string detail, int line, double from, double to,
                 step_result result = step_result::passed,
                 std::vector<measured_value> measured = {}) {
  return {std::move(word), std::move(detail), line, 0, from, to, result, std::move(measured)};
}

media::media_statistics figures(std::uint64_t sent, std::uint64_t received, std::uint64_t lost) {
  media::media_statistics m;
  m.packets_sent = sent;
  m.packets_received = received;
  m.lost = lost;
  m.jitter_ms = 1.23456;
  m.first_packet_ms = 21.5;
  m.mos = 4.35678;
  m.remote_sdp = *socket_address::parse("127.0.0.1:20002");
  m.remote_observed = m.remote_sdp;
  return m;
}

call_report call(bool inbound) {
  call_report c;
  c.call_id = "5d1e77c0@127.0.0.1";
  c.inbound = inbound;
  c.from = "sip:caller@127.0.0.1:40001";
  c.to = "sip:ivr@127.0.0.1:40002";
  c.opened_ms = 1.5;
  c.answered_ms = 214.25;
  c.ended_ms = 6120;
  c.status = 200;
  c.by = inbound ? "local" : "remote";
  c.reason = "bye";
  c.duration_ms = 5905;
  c.codec = "pcmu";
  c.media = figures(295, 293, inbound ? 0 : 2);
  for (int i = 1; i <= 6; ++i)
    c.quality.push_back({214.0 + i * 1000, 0.8 + 0.7 * std::abs(std::sin(i * 2.1)),
                         static_cast<std::uint64_t>(i) * 49,
                         static_cast<std::uint64_t>(!inbound && i > 3 ? 2 : 0)});
  return c;
}

void add_messages(scenario_report& s) {
  const auto add = [&](double at, const char* from, const char* to, std::string text) {
    s.messages.push_back({at, from, to, std::move(text), false});
  };
  add(1.5, "caller", "ivr",
      request("INVITE", "ivr@127.0.0.1:40002", 1,
              "X-Room-ID: sales\r\nContact: <sip:caller@127.0.0.1:40001>\r\n"));
  add(2.1, "ivr", "caller", response("100 Trying", "INVITE", 1));
  add(3.9, "ivr", "caller", response("180 Ringing", "INVITE", 1));
  add(213.7, "ivr", "caller", response("200 OK", "INVITE", 1));
  add(214.25, "caller", "ivr", request("ACK", "ivr@127.0.0.1:40002", 1));
  add(6119.4, "ivr", "caller", request("BYE", "caller@127.0.0.1:40001", 2));
  add(6120, "caller", "ivr", response("200 OK", "BYE", 2));
}

/// A reference that stands where the prompt was heard.
reference_point found_prompt() {
  return {"../samples/audio/sales.wav", 262,  true, 0.98765, 0.71, 1,
          speech(262, 3900, 0.4F, 1),   41.25};
}

}  // namespace

scenario_report passed_scenario() {
  scenario_report s;
  s.name = "A caller to sales hears the sales prompt and is hung up on 9";
  s.file = "scenarios/ivr.yaml";
  s.seed = 42;
  s.duration_ms = 6131.4567;
  party_report ivr{"ivr", "127.0.0.1:40002", {}, {}}, caller{"caller", "127.0.0.1:40001", {}, {}};
  ivr.steps = {step("expect_call", "within 2s, X-Room-ID: sales", 6, 0, 1.9),
               step("ring", "200ms", 7, 1.9, 203),
               step("answer", "", 8, 203, 214.5),
               step("play", "../samples/audio/sales.wav", 9, 214.5, 4114.5, step_result::passed,
                    {{"played_ms", std::int64_t{3900}}}),
               step("expect_dtmf", "digits 9, within 5s", 10, 4114.5, 6118, step_result::passed,
                    {{"digits", std::string("9")}}),
               step("hangup", "", 11, 6118, 6119.4)};
  caller.steps = {
      step("call", "to ivr, X-Room-ID: sales", 13, 0, 1.5),
      step("expect_answer", "within 2s, codec pcmu", 14, 1.5, 214.25, step_result::passed,
           {{"status", std::int64_t{200}}}),
      step("expect_audio", "like ../samples/audio/sales.wav, within 5s", 15, 214.25, 4330,
           step_result::passed,
           {{"similarity", 0.98765}, {"delay_ms", 41.25}, {"gain", 0.71}, {"share", 1.0}}),
      step("send_dtmf", "9", 16, 5500, 5600),
      step("expect_hangup", "by remote, within 2s", 17, 5600, 6119.8)};
  ivr.calls.push_back(call(true));
  ivr.calls[0].sent = speech(214.5, 3900, 0.55F, 1);
  ivr.calls[0].heard = speech(230, 5880, 0.001F, 2);
  ivr.calls[0].digits = {{5520, false, '9', 100, "rfc4733"}};
  caller.calls.push_back(call(false));
  caller.calls[0].heard = speech(262, 3900, 0.4F, 1);
  caller.calls[0].digits = {{5500, true, '9', 100, "rfc4733"}};
  caller.calls[0].references = {found_prompt()};
  s.parties = {ivr, caller};
  add_messages(s);
  s.log = {{214.3, "ivr", "answered"}, {5600, "caller", "pressed 9"}};
  return s;
}

scenario_report failed_scenario(failure_kind kind) {
  scenario_report s = passed_scenario();
  s.result = verdict::failed;
  s.artifacts = {"failed/caller-heard.wav", "failed/run.pcap", "failed/run.log"};
  auto& caller = s.parties[1];
  failure_report f{"caller", "expect_answer", s.file, 14, kind, "", ""};
  switch (kind) {
    case failure_kind::signalling:
      s.name = "A busy line is told as 486";
      s.file = f.file = "scenarios/busy.yaml";
      f.expected = "an answer with codec pcmu within 2 s";
      f.seen = "486 Busy Here after 0.005 s";
      s.messages.resize(3);
      s.messages[2].text = response("486 Busy Here", "INVITE", 1);
      s.messages.push_back(s.messages[2]);
      s.messages.back().time_ms = 505;
      s.messages.back().repeated = true;
      s.messages.push_back({506, "caller", "ivr", request("ACK", "ivr@127.0.0.1:40002", 1), false});
      for (auto& p : s.parties) p.calls.clear();
      caller.steps[1].result = step_result::failed;
      caller.steps[1].end_ms = 4.2;
      caller.steps[1].measured = {{"status", std::int64_t{486}}};
      s.log.clear();
      caller.steps.resize(2);
      caller.steps.push_back(step("expect_audio", "speech", 15, 0, 0, step_result::not_run));
      s.parties[0].steps.resize(1);
      s.parties[0].steps.push_back(step("reject", "486", 7, 1.9, 5));
      s.duration_ms = 512;
      break;
    case failure_kind::media: {
      s.name =
          "The prompt is heard as it was recorded, through a network that loses one packet in "
          "twenty";
      s.file = f.file = "scenarios/prompt over a bad network.yaml";
      f.step = "expect_audio";
      f.line = 15;
      f.expected = "../samples/audio/sales.wav, similarity at least 0.9, beginning within 5 s";
      f.seen = "similarity 0.412: 46 % of it was found";
      caller.steps[2].result = step_result::failed;
      caller.steps[2].measured = {{"similarity", 0.412}, {"share", 0.46}};
      caller.steps.resize(3);
      auto& c = caller.calls[0];
      c.heard.peaks.resize(88);
      c.references[0].found = false;
      c.references[0].similarity = 0.412;
      c.references[0].share = 0.46;
      c.media->lost = 31;
      for (std::size_t i = 0; i < c.quality.size(); ++i) {
        c.quality[i].lost = i * i + 1;
        c.quality[i].jitter_ms = 4 + 3.0 * static_cast<double>(i % 3);
      }
      s.parties[0].steps[4].result = step_result::stopped;
      s.parties[0].steps[4].end_ms = 5400;
      s.parties[0].steps[5].result = step_result::not_run;
      s.duration_ms = 5431;
      break;
    }
    case failure_kind::time:
      s.name = "The menu takes a digit";
      s.file = f.file = "scenarios/menu.yaml";
      f.party = "ivr";
      f.step = "expect_dtmf";
      f.line = 10;
      f.expected = "digits 9 within 5 s";
      f.seen = "no digit";
      s.parties[0].steps[4].result = step_result::failed;
      s.parties[0].steps[4].measured = {};
      s.parties[0].steps[5].result = step_result::not_run;
      for (auto& p : s.parties) p.calls[0].digits.clear();
      caller.steps[3] = step("wait", "10s", 16, 4330, 6118, step_result::stopped);
      caller.steps[4].result = step_result::not_run;
      break;
  }
  s.failure = f;
  return s;
}

scenario_report flaky_scenario() {
  scenario_report s = passed_scenario();
  s.name = "Barge-in stops the prompt";
  s.file = "scenarios/barge-in.yaml";
  s.result = verdict::flaky;
  s.tries = 2;
  s.failure =
      failure_report{"caller",          "expect_silence",    s.file, 19, failure_kind::media,
                     "silence for 1 s", "speech after 0.4 s"};
  return s;
}

scenario_report skipped_scenario() {
  scenario_report s;
  s.name = "A system outside answers";
  s.file = "scenarios/outside.yaml";
  s.row = "row 3";
  s.result = verdict::skipped;
  s.skipped_because = "it calls sip:sales@192.0.2.1, and the network is simulated";
  return s;
}

scenario_report hostile_scenario() {
  const std::string evil =
      "<script>document.title='owned'</script>\"' onload=alert(1) & ]]> --> \x1b[31mred\x1b[0m "
      "\xff\xc0\xaf \xe2\x80\xae"
      "desrever\x01" +
      std::string(1, '\0');
  scenario_report s = failed_scenario(failure_kind::signalling);
  s.name = "Hostile " + evil;
  s.file = "scenarios/" + evil + ".yaml";
  s.row = evil;
  s.skipped_because = evil;
  s.artifacts = {evil};
  *s.failure = {evil, evil, evil, 7, failure_kind::signalling, evil, evil};
  s.log = {{1, evil, evil}};
  scenario_report with_calls = passed_scenario();
  s.parties = with_calls.parties;
  for (auto& p : s.parties) {
    p.name = p.name + evil;
    p.address = evil;
    for (auto& st : p.steps)
      st.step = st.detail = evil, st.measured = {{evil, evil}, {"step", evil}, {"x", std::nan("")}};
    for (auto& c : p.calls) {
      c.name = c.call_id = c.from = c.to = c.by = c.reason = c.codec = evil;
      for (auto& d : c.digits) d.digit = '<', d.method = evil;
      for (auto& r : c.references) r.file = evil, r.gain = std::nan(""), r.similarity = INFINITY;
      for (auto& q : c.quality) q.jitter_ms = std::nan("");
      if (!c.heard.peaks.empty()) c.heard.peaks[0] = {std::nanf(""), INFINITY};
      c.sent.piece_ms = std::nan("");
    }
  }
  s.messages = with_calls.messages;
  for (auto& m : s.messages) {
    m.from = s.parties[0].name;
    m.to = evil;
  }
  s.messages[0].text = request("INVITE", "x", 1, "Subject: " + evil + "\r\n");
  s.messages[1].text = evil;
  s.messages[2].text = "SIP/2.0 200 " + evil + "\r\n\r\n";
  s.messages[3].text = "";
  s.messages[4].to = s.messages[4].from;
  return s;
}

scenario_report busy_scenario() {
  scenario_report s = passed_scenario();
  s.name = "A transfer between colleagues";
  s.file = "scenarios/transfer.yaml";
  const char* names[] = {"caller", "reception", "sales", "192.0.2.17:5060"};
  s.messages.clear();
  for (int i = 0; i < 40; ++i) {
    const bool answer = i % 2 == 1;
    const int hop = i / 2 % 3;
    s.messages.push_back(
        {i * 150.0, names[answer ? hop + 1 : hop], names[answer ? hop : hop + 1],
         answer ? response(i % 10 == 3 ? "302 Moved Temporarily" : "200 OK", "REFER", i)
                : request("REFER", "sales@127.0.0.1", i),
         i % 7 == 6});
  }
  s.parties.push_back(
      {"reception", "127.0.0.1:40003", {step("repeat", "3 times", 20, 0, 6000)}, {}});
  for (int i = 0; i < 3; ++i) {
    s.parties[2].steps.push_back(step("wait", "1s", 21, i * 2000.0, i * 2000.0 + 1000));
    s.parties[2].steps.back().depth = 1;
  }
  s.parties.push_back({"sales", "127.0.0.1:40004", {}, {}});
  return s;
}

scenario_report endless_scenario() {
  scenario_report s = busy_scenario();
  s.name = "An hour of everything";
  s.duration_ms = 3'600'000;
  const std::vector<message_report> some = s.messages;
  s.messages.clear();
  for (std::size_t i = 0; i < scenario_report::max_messages; ++i) {
    s.messages.push_back(some[i % some.size()]);
    s.messages.back().time_ms = static_cast<double>(i) * 1800;
    s.messages.back().text += std::string(600, 'x');
  }
  s.messages_left_out = 77;
  for (auto& p : s.parties) {
    for (int i = 0; i < 5000; ++i)
      p.steps.push_back(step("send_dtmf", "9", 30, i * 700.0, i * 700.0 + 100));
    for (auto& c : p.calls) {
      c.ended_ms = 3'600'000;
      c.sent = c.heard = speech(300, 6000 * 20, 0.4F, 3);
      c.sent.piece_ms = c.heard.piece_ms = 599;
      c.quality.clear();
      for (std::uint64_t i = 0; i < 3600; ++i)
        c.quality.push_back({static_cast<double>(i) * 1000, 2.0, i * 50, i / 5});
      for (int i = 0; i < 3000; ++i)
        c.digits.push_back({i * 1000.0, i % 2 == 0, '5', 100, "rfc4733"});
    }
  }
  for (int i = 0; i < 6000; ++i)
    s.log.push_back({i * 500.0, "caller", "a line of the log, number " + std::to_string(i)});
  return s;
}

run_report run_of(std::vector<scenario_report> scenarios) {
  run_report r;
  r.version = "0.1.0";
  r.seed = 7;
  r.started =
      wall_time{std::chrono::sys_days{std::chrono::year{2024} / 2 / 29} + std::chrono::hours{12}};
  for (const auto& s : scenarios) r.duration_ms += s.duration_ms;
  r.scenarios = std::move(scenarios);
  return r;
}

run_report sample_run() {
  return run_of({passed_scenario(), failed_scenario(failure_kind::signalling),
                 failed_scenario(failure_kind::media), failed_scenario(failure_kind::time),
                 busy_scenario(), flaky_scenario(), skipped_scenario(), hostile_scenario()});
}

}  // namespace test
