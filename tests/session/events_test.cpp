#include "sipvoice/session/events.hpp"

#include "support/catch.hpp"

namespace sipvoice::session {
namespace {

wall_time at(std::int64_t microseconds) {
  return wall_time{} + std::chrono::microseconds(microseconds);
}

/// 2024-02-29T12:34:56.000001Z
const wall_time leap = at(1'709'210'096'000'001);

call::call_info some_call() {
  call::call_info info;
  info.id = call::call_id{7};
  info.session_id = "s1";
  info.sip_call_id = "abc@host";
  info.room_id = "sales";
  info.from_uri = "sip:alice@example.com";
  info.to_uri = "sip:9@example.com";
  info.x_headers = {{"X-Room-ID", "sales"}, {"X-Tag", "a"}, {"x-tag", "b"}};
  return info;
}

media::media_statistics some_figures() {
  media::media_statistics s;
  s.packets_sent = 150;
  s.packets_received = 149;
  s.lost = 1;
  s.jitter_ms = 0.12345;
  s.first_packet_ms = 12.5;
  s.remote_sdp = {ip_address::v4(10, 0, 0, 1), 4000};
  s.remote_observed = socket_address{ip_address::v4(10, 0, 0, 1), 4002};
  return s;
}

media::media_format some_format() {
  media::media_format f;
  f.send = {payload_type{0}, audio::codec_id::pcmu};
  f.dtmf_send = payload_type{101};
  return f;
}

const std::string head =
    R"({"time":"2024-02-29T12:34:56.000001Z","event":"%","session_id":"s1","call_id":"abc@host",)"
    R"("room_id":"sales","direction":"inbound")";

std::string line(const std::string& name, const std::string& rest) {
  std::string text = head;
  text.replace(text.find('%'), 1, name);
  return text + (rest.empty() ? "" : ",") + rest + "}";
}

}  // namespace

TEST_CASE("times are RFC 3339 with microseconds in UTC") {
  struct row {
    std::int64_t microseconds;
    const char* text;
  };
  const row rows[] = {
      {0, "1970-01-01T00:00:00.000000Z"},
      {-1, "1969-12-31T23:59:59.999999Z"},
      {951'782'399'999'999, "2000-02-28T23:59:59.999999Z"},
      {951'782'400'000'000, "2000-02-29T00:00:00.000000Z"},
      {1'709'210'096'000'001, "2024-02-29T12:34:56.000001Z"},
  };
  for (const row& r : rows) CHECK(format_time(at(r.microseconds)) == r.text);
  CHECK(format_time(at(0) + std::chrono::nanoseconds(1999)) == "1970-01-01T00:00:00.000001Z");
}

TEST_CASE("each event has its fields, in order") {
  const call::call_info info = some_call();
  ended_event ended;
  ended.by = call::ended_by::remote;
  ended.reason = "hangup";
  ended.answered = true;
  ended.duration_ms = 3200;
  ended.media = some_figures();
  ended.codec = audio::codec_id::pcmu;
  ended_event cancelled;
  cancelled.by = call::ended_by::remote;
  cancelled.reason = "cancelled";
  ended_event with_cause = cancelled;
  with_cause.remote_reason = "Q.850;cause=16";
  with_cause.q850_cause = 16;
  media::media_format no_dtmf = some_format();
  no_dtmf.dtmf_send.reset();
  no_dtmf.ptime_ms = 30;
  const socket_address here{ip_address::v4(127, 0, 0, 1), 10000};
  const socket_address there{ip_address::v4(10, 0, 0, 1), 4000};

  struct row {
    event_kind kind;
    std::string json;
  };
  const row rows[] = {
      {call_opened_event{},
       line("call_incoming", R"("from":"sip:alice@example.com","to":"sip:9@example.com",)"
                             R"("x_headers":{"X-Room-ID":"sales","X-Tag":"a, b"})")},
      {ringing_event{180}, line("call_ringing", R"("status":180)")},
      {answered_event{200, some_format(), here, there},
       line("call_answered",
            R"("status":200,"codec":"pcmu","payload_type":0,"ptime_ms":20,"dtmf_pt":101,)"
            R"("local_rtp":"127.0.0.1:10000","remote_rtp":"10.0.0.1:4000")")},
      {answered_event{200, no_dtmf, here, there},
       line("call_answered",
            R"("status":200,"codec":"pcmu","payload_type":0,"ptime_ms":30,"dtmf_pt":null,)"
            R"("local_rtp":"127.0.0.1:10000","remote_rtp":"10.0.0.1:4000")")},
      {rejected_event{404, "Not Found", "route"},
       line("call_rejected", R"("status":404,"reason":"Not Found","rule":"route")")},
      {dtmf_event{'#', 120, "rfc4733", false},
       line("dtmf", R"("digit":"#","duration_ms":120,"method":"rfc4733","complete":false)")},
      {play_started_event{"a.wav"}, line("play_started", R"("source":"a.wav","played_ms":0)")},
      {play_finished_event{"a.wav", 1000, false},
       line("play_finished", R"("source":"a.wav","played_ms":1000,"completed":false)")},
      {record_started_event{"r.wav"}, line("record_started", R"("file":"r.wav","duration_ms":0)")},
      {record_finished_event{"r.wav", 999},
       line("record_finished", R"("file":"r.wav","duration_ms":999)")},
      {held_event{true}, line("hold", R"("by":"remote")")},
      {held_event{false, call::ended_by::local}, line("resume", R"("by":"local")")},
      {ended, line("call_ended",
                   R"("by":"remote","reason":"hangup","duration_ms":3200,"media":{"audio":"both",)"
                   R"("codec":"pcmu","packets_sent":150,"packets_received":149,"lost":1,"late":0,)"
                   R"("reordered":0,"duplicate":0,"rejected":0,"jitter_ms":0.123,"concealed_ms":0,)"
                   R"("first_packet_ms":12.5,"round_trip_ms":null,"mos":null,)"
                   R"("remote_sdp":"10.0.0.1:4000","remote_observed":"10.0.0.1:4002",)"
                   R"("ssrc_changes":0,"digits_dropped":0})")},
      {cancelled,
       line("call_ended", R"("by":"remote","reason":"cancelled","duration_ms":0,"media":null)")},
      {with_cause,
       line("call_ended", R"("by":"remote","reason":"cancelled","remote_reason":"Q.850;cause=16",)"
                          R"("q850_cause":16,"duration_ms":0,"media":null)")},
      {request_finished_event{
           {{}, "X-Poke", 408, "Request Timeout", false, std::chrono::milliseconds(32'000)}},
       line("request_finished", R"("method":"X-Poke","status":408,"reason":"Request Timeout",)"
                                R"("answered":false,"took_ms":32000)")},
      {request_event{{{}, {}, "INFO", {}, "text/x", "body"}},
       line("request_received", R"("method":"INFO","content_type":"text/x")")},
      {error_event{"disk full", "r.wav"}, line("error", R"("message":"disk full","file":"r.wav")")},
      {error_event{"odd", ""}, line("error", R"("message":"odd")")},
  };
  for (const row& r : rows) CHECK(to_json({leap, &info, r.kind}) == r.json);

  CHECK(to_json({leap, nullptr, listening_event{"udp:127.0.0.1:5060"}}) ==
        R"({"time":"2024-02-29T12:34:56.000001Z","event":"listening",)"
        R"("address":"udp:127.0.0.1:5060"})");
}

TEST_CASE("an outgoing call says so, and no header is no field less") {
  call::call_info info = some_call();
  info.inbound = false;
  info.x_headers.clear();
  const std::string text = to_json({leap, &info, call_opened_event{}});
  CHECK(text.find(R"("event":"call_outgoing")") != std::string::npos);
  CHECK(text.find(R"("direction":"outbound")") != std::string::npos);
  CHECK(text.find(R"("x_headers":{})") != std::string::npos);
}

TEST_CASE("bytes that are no UTF-8 are replaced, control characters escaped") {
  call::call_info info = some_call();
  info.room_id = "a\xff\x01\n\"b";
  info.x_headers = {{"X-\xc3", "\xed\xa0\x80"}};
  const std::string json = to_json({leap, &info, call_opened_event{}});
  CHECK(json.find("\"room_id\":\"a\xef\xbf\xbd\\u0001\\n\\\"b\"") != std::string::npos);
  CHECK(json.find('\n') == std::string::npos);
  CHECK(json.find('\xff') == std::string::npos);

  const std::string text = to_text({leap, &info, call_opened_event{}});
  for (const char c : text) CHECK((c >= ' ' && c < 0x7f));
  CHECK(text.find("room a\\xff\\x01\\x0a\\x22b") != std::string::npos);
}

TEST_CASE("thousands of headers are joined in order") {
  call::call_info info = some_call();
  info.x_headers.clear();
  for (int i = 0; i < 20'000; ++i)
    info.x_headers.emplace_back("X-" + std::to_string(i % 10'000), "v");
  const std::string json = to_json({leap, &info, call_opened_event{}});
  CHECK(json.find(R"("X-0":"v, v","X-1":"v, v")") != std::string::npos);
  CHECK(json.find(R"("X-9999":"v, v"})") != std::string::npos);
}

TEST_CASE("the end of a call tells a person where media was expected and came from") {
  const call::call_info info = some_call();
  ended_event ended;
  ended.by = call::ended_by::remote;
  ended.reason = "hangup";
  ended.answered = true;
  ended.duration_ms = 3200;
  ended.media = some_figures();
  CHECK(
      to_text({leap, &info, ended}) ==
      "call s1: ended by remote (hangup) after 3.2 s; audio both, 150 packets sent, 149 received, "
      "1 lost; media address in SDP 10.0.0.1:4000, came from 10.0.0.1:4002");
  CHECK_FALSE(is_warning({leap, &info, ended}));

  ended.media->packets_received = 0;
  ended.media->remote_observed.reset();
  const event deaf{leap, &info, ended};
  CHECK(to_text(deaf).ends_with("10.0.0.1:4000, nothing came from anywhere"));
  CHECK(is_warning(deaf));
  CHECK(is_warning({leap, &info, error_event{"x", ""}}));
}

TEST_CASE("A form of an event is made only when someone wants it") {
  const call::call_info info = some_call();
  const event ringing{leap, &info, ringing_event{180}};
  const event broken{leap, &info, error_event{"x", ""}};

  const event_line quiet = make_line(ringing, false, event_texts::all);
  CHECK(quiet.json.empty());
  CHECK(quiet.text == "call s1: ringing (180)");
  CHECK_FALSE(quiet.warning);
  CHECK(make_line(ringing, true, event_texts::all).json == line("call_ringing", R"("status":180)"));

  CHECK(make_line(ringing, false, event_texts::warnings).text.empty());
  CHECK_FALSE(make_line(broken, false, event_texts::warnings).text.empty());
  CHECK(make_line(broken, true, event_texts::none).text.empty());
  CHECK(make_line(broken, true, event_texts::none).warning);
}

}  // namespace sipvoice::session
