#include "call/support.hpp"
#include "sipvoice/call/services.hpp"
#include "support/catch.hpp"

using namespace test;
using call::ended_by;

namespace {

using ladder = std::vector<std::string>;

/// What one INVITE is answered with before anything is allocated.
struct refusal_row {
  const char* what;
  std::function<void(peer_request&)> change;
  int status;
  const char* rule;
  sip::header_id header;  ///< other: none is expected
  const char* value;      ///< what the header begins with
};

const std::vector<refusal_row> refusals{
    {"no common codec", [](auto& r) { r.body = offer("18"); }, 488, "no_common_codec",
     sip::header_id::warning, "305 127.0.0.1:5060 \""},
    {"multicast media", [](auto& r) { r.body = offer("0", "", "224.1.2.3"); }, 488,
     "unusable_address", sip::header_id::warning, "301 127.0.0.1:5060 \""},
    {"media port out of range", [](auto& r) { r.body = offer("0", "", "127.0.0.2", 70000); }, 488,
     "unusable_address", sip::header_id::warning, "301 "},
    {"no audio", [](auto& r) { r.body = offer("0", "", "127.0.0.2", 0); }, 488, "no_audio",
     sip::header_id::warning, "304 "},
    {"malformed SDP", [](auto& r) { r.body = "this is no session description"; }, 400, "bad_sdp",
     sip::header_id::other, ""},
    {"another body", [](auto& r) { r.content_type = "text/plain"; }, 415, "unsupported_body",
     sip::header_id::accept, "application/sdp"},
    {"a body without a type", [](auto& r) { r.content_type.clear(); }, 415, "unsupported_body",
     sip::header_id::accept, "application/sdp"},
    {"a compressed body", [](auto& r) { r.headers = "Content-Encoding: gzip\r\n"; }, 415,
     "unsupported_body", sip::header_id::accept_encoding, "identity"},
    {"no SDP accepted", [](auto& r) { r.headers = "Accept: text/nobodyKnowsThis\r\n"; }, 406,
     "not_acceptable", sip::header_id::other, ""},
    {"SDP accepted at q=0", [](auto& r) { r.headers = "Accept: application/sdp;q=0.0\r\n"; }, 406,
     "not_acceptable", sip::header_id::other, ""},
    {"no Contact", [](auto& r) { r.contact.clear(); }, 400, "bad_request", sip::header_id::other,
     ""},
    {"a Contact that is no SIP URI", [](auto& r) { r.contact = "<mailto:a@b.example>"; }, 400,
     "bad_request", sip::header_id::other, ""},
};

const std::vector<std::int64_t> schedule_of_2xx{0,     500,   1500,  3500,  7500, 11500,
                                                15500, 19500, 23500, 27500, 31500};

}  // namespace

TEST_CASE("an INVITE is answered, acknowledged and ended by the peer") {
  node n;
  n.receive(peer_request{}.text());
  CHECK(n.ladder() == ladder{"100"});
  CHECK(n.endpoint().calls() == 1);
  CHECK(n.last<call::call_incoming>().info.from_uri == "sip:alice@127.0.0.2");
  REQUIRE(n.ports_asked.size() == 1);
  CHECK(n.ports_asked[0].peer == ip_address::v4(127, 0, 0, 2));

  CHECK(n.ring());
  CHECK(n.last_sent().status() == 180);
  CHECK(n.last_sent().value(sip::header_id::contact) == "<sip:127.0.0.1:5060>");
  CHECK(n.last<call::call_ringing>().status == 180);
  CHECK(n.answer());
  CHECK_FALSE(n.answer());
  CHECK(n.opened.empty());
  const auto ok = n.last_sent("200").message;
  CHECK(ok->value(sip::header_id::content_type) == "application/sdp");
  CHECK(ok->value(sip::header_id::allow) == call::allowed_methods());
  CHECK(tag_of_to(*ok) == tag_of_to(*n.last_sent("180").message));

  n.advance(milliseconds(20));
  n.receive(in_dialog(*ok, "ACK", 1, "z9hG4bK-ack").text());
  REQUIRE(n.opened.size() == 1);
  const auto answered = n.last<call::call_answered>();
  CHECK(answered.media == n.opened[0].id);
  CHECK(answered.format.send.codec == audio::codec_id::pcmu);
  CHECK(answered.format.dtmf_send == payload_type{101});
  CHECK(answered.remote_rtp == socket_address{ip_address::v4(127, 0, 0, 2), 4000});
  CHECK(answered.local_rtp == socket_address{server_ip, 10002});
  CHECK(n.opened[0].first_sequence.value < 0x8000);
  CHECK(n.opened[0].parameters.direction == media::direction::both);
  CHECK_FALSE(n.opened[0].parameters.on_hold);

  n.advance(seconds(5));
  n.receive(in_dialog(*ok, "BYE", 2, "z9hG4bK-bye").text());
  CHECK(n.last_sent().status() == 200);
  const auto end = n.last<call::call_ended>();
  CHECK(end.by == ended_by::remote);
  CHECK(end.reason == "hangup");
  CHECK(end.ended_at - end.answered_at == seconds(5));
  CHECK(end.media.has_value());
  CHECK(n.events<call::call_ended>().size() == 1);
  n.advance(seconds(60));
  CHECK(n.is_clean());
}

TEST_CASE("what a call is known by comes from its INVITE") {
  node n;
  peer_request r;
  r.from = "\"Alice \\\"A\\\" Smith\" <sip:alice@127.0.0.2:5070;transport=udp>;tag=a1";
  r.headers =
      "x-room-id: sales\r\nX-Tag: one\r\nX-TAG: two\r\nX-Session-ID: s-7\r\nSubject: hello\r\n";
  n.receive(r.text());
  const auto info = n.last<call::call_incoming>().info;
  CHECK(info.inbound);
  CHECK(info.session_id == "s-7");
  CHECK(info.participant_id == "s-7");
  CHECK(info.room_id == "sales");
  CHECK(info.sip_call_id == "call-1");
  CHECK(info.from_uri == "sip:alice@127.0.0.2:5070");
  CHECK(info.from_display == "Alice \"A\" Smith");
  CHECK(info.to_uri == "sip:bob@127.0.0.1");
  CHECK(info.request_uri == "sip:bob@127.0.0.1");
  CHECK(info.remote_signalling == peer_address);
  CHECK(call::header_list(info.x_headers.begin(), info.x_headers.end()) ==
        call::header_list{
            {"x-room-id", "sales"}, {"X-Tag", "one"}, {"X-TAG", "two"}, {"X-Session-ID", "s-7"}});
  const std::pair<std::string, std::string> subject{"Subject", "hello"};
  CHECK(std::count(info.headers.begin(), info.headers.end(), subject) == 1);
}

TEST_CASE("ids fall back to Call-ID and caller") {
  node n;
  n.receive(peer_request{}.text());
  const auto info = n.last<call::call_incoming>().info;
  CHECK(info.session_id == "call-1");
  CHECK(info.room_id == "call-1");
  CHECK(info.participant_id == "sip:alice@127.0.0.2");
}

TEST_CASE("INVITEs that cannot become calls") {
  for (const auto& row : refusals) {
    INFO(row.what);
    node n;
    peer_request r;
    row.change(r);
    n.receive(r.text());
    const sip::message& response = n.last_sent();
    CHECK(response.status() == row.status);
    CHECK_FALSE(tag_of_to(response).empty());
    if (row.header != sip::header_id::other)
      CHECK(response.value(row.header).substr(0, std::string_view(row.value).size()) == row.value);
    const auto told = n.last<call::call_rejected>();
    CHECK(told.status == row.status);
    CHECK(told.rule == row.rule);
    CHECK(told.info.sip_call_id == "call-1");
    CHECK(n.all_events.size() == 1);
    CHECK(n.ports_asked.empty());
    n.receive(ack_refusal(r, response));
    n.advance(seconds(40));
    CHECK(n.is_clean());
  }
}

TEST_CASE("bodies and Accept headers that are fine") {
  const std::vector<std::function<void(peer_request&)>> rows{
      [](auto& r) { r.headers = "Accept: text/plain, application/sdp;level=1\r\n"; },
      [](auto& r) { r.headers = "Accept: application/*;q=0.5\r\n"; },
      [](auto& r) { r.headers = "Content-Encoding: identity\r\n"; },
      [](auto& r) { r.content_type = "Application/SDP; charset=utf-8"; },
      [](auto& r) {
        r.content_type = "text/plain";
        r.headers = "Content-Disposition: render;handling=optional\r\n";
      },
      [](auto& r) { r.body.clear(); },
  };
  for (const auto& change : rows) {
    node n;
    peer_request r;
    change(r);
    n.receive(r.text());
    INFO(r.text());
    CHECK(n.events<call::call_incoming>().size() == 1);
  }
}

TEST_CASE("full and out of ports") {
  call::endpoint_config config;
  config.max_sessions = 1;
  node n(config);
  const auto ok = establish(n);
  peer_request second;
  second.call_id = "call-2";
  second.branch = "z9hG4bK-2";
  n.receive(second.text());
  CHECK(n.last_sent().status() == 503);
  CHECK(n.last_sent().value(sip::header_id::retry_after) == "10");
  CHECK(n.last<call::call_rejected>().rule == "max_sessions");

  SECTION("there is room again as soon as the first has ended, its media closed or not") {
    n.media_at_once = false;
    n.receive(in_dialog(*ok, "BYE", 2, "z9hG4bK-bye").text());
    CHECK(n.endpoint().calls() == 1);
    peer_request third = second;
    third.branch = "z9hG4bK-3";
    third.call_id = "call-3";
    n.receive(third.text());
    CHECK(n.events<call::call_incoming>().size() == 2);
  }
  SECTION("no port") {
    n.receive(in_dialog(*ok, "BYE", 2, "z9hG4bK-bye").text());
    n.ports_free = false;
    peer_request third = second;
    third.branch = "z9hG4bK-3";
    third.call_id = "call-3";
    n.receive(third.text());
    CHECK(n.last_sent().status() == 503);
    CHECK(n.last_sent().value(sip::header_id::retry_after) == "10");
    CHECK(n.last<call::call_rejected>().rule == "no_port");
    CHECK(n.events<call::call_incoming>().size() == 1);
    CHECK(n.endpoint().calls() == 0);
  }
}

TEST_CASE("no new calls while stopping") {
  node n;
  n.endpoint().stop_accepting();
  n.receive(peer_request{}.text());
  CHECK(n.last_sent().status() == 503);
  CHECK(n.last_sent().value(sip::header_id::retry_after) == "10");
  CHECK(n.last<call::call_rejected>().rule == "shutdown");
}

TEST_CASE("an X-Session-ID in use is 486, whatever the state of its call") {
  node n;
  peer_request first;
  first.headers = "X-Session-ID: s\r\n";
  peer_request second = first;
  second.call_id = "call-2";
  second.branch = "z9hG4bK-2";

  SECTION("being set up: no port yet") {
    n.ports_at_once = false;
    n.receive(first.text());
    n.receive(second.text());
    CHECK(n.last_sent().status() == 486);
    CHECK(n.ports_asked.size() == 1);
  }
  SECTION("ringing") {
    n.receive(first.text());
    n.ring();
    n.receive(second.text());
    CHECK(n.last_sent().status() == 486);
    CHECK(n.answer());
  }
  SECTION("live, and free again after its end") {
    const auto ok = establish(n, first);
    n.receive(second.text());
    CHECK(n.last_sent().status() == 486);
    CHECK(n.last<call::call_rejected>().rule == "session_id_in_use");
    CHECK(n.ports_asked.size() == 1);
    CHECK(n.events<call::call_ended>().empty());
    n.receive(in_dialog(*ok, "BYE", 2, "z9hG4bK-bye").text());
    second.branch = "z9hG4bK-3";
    second.cseq = 2;
    n.receive(second.text());
    CHECK(n.last<call::call_incoming>().info.session_id == "s");
  }
}

TEST_CASE("a Call-ID that is known makes a new call with a suffix") {
  node n;
  establish(n);
  for (int i = 2; i <= 4; ++i) {
    peer_request again;
    again.from = "<sip:alice@127.0.0.2>;tag=a" + std::to_string(i);
    again.branch = "z9hG4bK-" + std::to_string(i);
    n.receive(again.text());
    CHECK(n.last<call::call_incoming>().info.session_id == "call-1-" + std::to_string(i));
    CHECK(n.last<call::call_incoming>().info.sip_call_id == "call-1");
  }
  CHECK(n.endpoint().calls() == 4);
}

TEST_CASE("session ids of calls that we place, and Call-IDs that are another's session id") {
  node n;
  call::dial_request ours;
  ours.target = "sip:bob@127.0.0.2:5070";
  ours.headers = {{"X-Session-ID", "s"}};
  n.dial(ours);
  const auto invite = n.last_sent("INVITE").message;
  peer_request same;
  same.headers = "x-session-id: s\r\n";
  n.receive(same.text());
  CHECK(n.last_sent().status() == 486);
  CHECK(n.last<call::call_rejected>().rule == "session_id_in_use");
  peer_request unnamed;  // it asks for nothing: a default that is taken is changed
  unnamed.call_id = "s";
  unnamed.branch = "z9hG4bK-2";
  n.receive(unnamed.text());
  CHECK(n.last<call::call_incoming>().info.session_id == "s-2");
  n.receive(respond_to(*invite, 486, "b1"));
  same.branch = "z9hG4bK-3";
  same.cseq = 2;
  n.receive(same.text());
  CHECK(n.last<call::call_incoming>().info.session_id == "s");
}

TEST_CASE("a merged request is 482") {
  node n;
  n.receive(peer_request{}.text());
  peer_request other;
  other.branch = "z9hG4bK-other";
  n.receive(other.text());
  CHECK(n.last_sent().status() == 482);
  CHECK(n.endpoint().calls() == 1);
}

TEST_CASE("when the process ends, calls that wait for their ACK are told as ended") {
  node n;
  n.receive(peer_request{}.text());
  n.answer();
  SECTION("hung up before") { CHECK(n.hang_up("shutdown")); }
  SECTION("or not") {}
  CHECK(n.times_of("BYE").empty());
  n.endpoint().stop_waiting(n.now());
  n.drain();
  CHECK(n.last<call::call_ended>().by == ended_by::local);
  CHECK(n.last<call::call_ended>().reason == "shutdown");
  CHECK(n.times_of("BYE").empty());  // RFC 3261 section 15
  CHECK(n.endpoint().calls() == 0);
}

TEST_CASE("media that fail before the ACK end the call with a BYE behind it") {
  node n;
  n.receive(peer_request{}.text());
  CHECK(n.early_media());
  REQUIRE(n.opened.size() == 1);
  n.answer();
  const auto ok = n.last_sent("200").message;
  n.media_event(n.opened[0].id, media::media_failed{"out of memory"});
  CHECK(n.times_of("BYE").empty());
  n.receive(in_dialog(*ok, "ACK", 1, "z9hG4bK-ack").text());
  CHECK(n.times_of("BYE").size() == 1);
  CHECK(n.last<call::call_ended>().reason == "media_failed");
  CHECK(n.last<call::call_ended>().by == ended_by::error);
}

TEST_CASE("a 2xx is repeated at T1, doubling to T2, until its ACK") {
  node n;
  n.receive(peer_request{}.text());
  n.answer();
  const auto ok = n.last_sent("200").message;
  SECTION("never: BYE at 64*T1") {
    n.advance_to(time_point(milliseconds(31999)));
    CHECK(n.times_of("200") == schedule_of_2xx);
    CHECK(n.times_of("BYE").empty());
    n.advance_to(time_point(seconds(32)));
    CHECK(n.times_of("BYE") == std::vector<std::int64_t>{32000});
    const auto end = n.last<call::call_ended>();
    CHECK(end.by == ended_by::timeout);
    CHECK(end.reason == "no_ack");
    CHECK(end.answered_at == never);
    CHECK_FALSE(end.media.has_value());
    CHECK(n.endpoint().calls() == 0);
    n.advance(seconds(60));
    CHECK(n.is_clean());
  }
  SECTION("an ACK stops it, a copy of it changes nothing") {
    n.advance_to(time_point(milliseconds(1600)));
    const std::string ack = in_dialog(*ok, "ACK", 1, "z9hG4bK-ack").text();
    n.receive(ack);
    n.receive(ack);
    n.advance_to(time_point(seconds(40)));
    CHECK(n.times_of("200") == std::vector<std::int64_t>{0, 500, 1500});
    CHECK(n.events<call::call_answered>().size() == 1);
    CHECK(n.opened.size() == 1);
  }
  SECTION("the ACK of another CSeq, tag or Call-ID does not") {
    n.receive(in_dialog(*ok, "ACK", 2, "z9hG4bK-x1").text());
    auto other_tag = in_dialog(*ok, "ACK", 1, "z9hG4bK-x2");
    other_tag.from = "<sip:alice@127.0.0.2>;tag=other";
    n.receive(other_tag.text());
    auto other_call = in_dialog(*ok, "ACK", 1, "z9hG4bK-x3");
    other_call.call_id = "call-9";
    n.receive(other_call.text());
    n.advance_to(time_point(milliseconds(600)));
    CHECK(n.times_of("200") == std::vector<std::int64_t>{0, 500});
    CHECK(n.opened.empty());
  }
  SECTION("a BYE in place of the ACK ends the call") {
    n.receive(in_dialog(*ok, "BYE", 2, "z9hG4bK-bye").text());
    CHECK(n.last<call::call_ended>().by == ended_by::remote);
    n.advance_to(time_point(seconds(80)));
    CHECK(n.times_of("200") == std::vector<std::int64_t>{0, 0});
    CHECK(n.is_clean());
  }
}

TEST_CASE("our BYE waits for the ACK or 64*T1") {
  node n;
  n.receive(peer_request{}.text());
  n.answer();
  const auto ok = n.last_sent("200").message;
  n.advance(seconds(1));
  CHECK(n.hang_up("done"));
  CHECK_FALSE(n.hang_up("again"));
  CHECK(n.times_of("BYE").empty());
  SECTION("ACK") {
    n.advance(seconds(1));
    n.receive(in_dialog(*ok, "ACK", 1, "z9hG4bK-ack").text());
    CHECK(n.times_of("BYE") == std::vector<std::int64_t>{2000});
    CHECK(n.opened.empty());
  }
  SECTION("no ACK") {
    n.advance_to(time_point(seconds(32)));
    CHECK(n.times_of("BYE") == std::vector<std::int64_t>{32000});
  }
  const auto end = n.last<call::call_ended>();
  CHECK(end.by == ended_by::local);
  CHECK(end.reason == "done");
  n.receive(respond_to(*n.last_sent("BYE").message, 200, ""));
  n.advance(seconds(80));
  CHECK(n.is_clean());
}

TEST_CASE("CANCEL") {
  node n;
  const peer_request invite;
  peer_request cancel = invite;
  cancel.method = "CANCEL";
  cancel.body.clear();
  cancel.contact.clear();
  cancel.headers = "Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\n";

  SECTION("before the answer: 200 to it, 487 to the INVITE, nothing left") {
    n.receive(invite.text());
    n.ring();
    n.receive(cancel.text());
    CHECK(n.ladder() == ladder{"100", "180", "200", "487"});
    CHECK(n.last_sent("200").message->cseq()->method == sip::method::cancel);
    const auto end = n.last<call::call_ended>();
    CHECK(end.by == ended_by::remote);
    CHECK(end.reason == "cancelled");
    CHECK(end.remote_reason == "SIP;cause=200;text=\"Call completed elsewhere\"");
    CHECK_FALSE(n.answer());
    CHECK_FALSE(n.hang_up());
    n.receive(ack_refusal(invite, *n.last_sent("487").message));
    n.advance(seconds(40));
    CHECK(n.is_clean());
  }
  SECTION("while the port is being found") {
    n.ports_at_once = false;
    n.receive(invite.text());
    n.receive(cancel.text());
    CHECK(n.last_sent().status() == 487);
    CHECK(n.last<call::call_rejected>().rule == "cancelled");
    CHECK(n.all_events.size() == 1);
    n.give_port(n.last_call);
    n.receive(ack_refusal(invite, n.last_sent()));
    n.advance(seconds(40));
    CHECK(n.is_clean());
  }
  SECTION("after the answer it has no effect") {
    n.receive(invite.text());
    n.answer();
    const auto ok = n.last_sent("200").message;
    n.receive(cancel.text());
    CHECK(n.last_sent().status() == 200);
    CHECK(n.last_sent().cseq()->method == sip::method::cancel);
    CHECK(n.events<call::call_ended>().empty());
    n.receive(in_dialog(*ok, "ACK", 1, "z9hG4bK-ack").text());
    CHECK(n.events<call::call_answered>().size() == 1);
  }
  SECTION("of nothing: 481") {
    n.receive(cancel.text());
    CHECK(n.ladder() == ladder{"481"});
  }
}

TEST_CASE("refusing what rings") {
  node n;
  n.receive(peer_request{}.text());
  SECTION("with a status") {
    CHECK_FALSE(n.reject(200));
    CHECK(n.reject(486, "Gone fishing"));
    CHECK(n.last_sent().status() == 486);
    CHECK(n.last_sent().reason_phrase() == "Gone fishing");
    CHECK(n.last<call::call_rejected>().reason == "Gone fishing");
    CHECK(n.last<call::call_rejected>().rule == "route");
  }
  SECTION("a phrase that would break the line is not sent") {
    CHECK(n.reject(603, "No\r\nX-Evil: 1"));
    CHECK(n.last_sent().reason_phrase() == "Decline");
  }
  SECTION("by hanging up") {
    n.ring();
    CHECK(n.hang_up("shutdown"));
    CHECK(n.last_sent().status() == 480);
    CHECK(n.last<call::call_rejected>().rule == "shutdown");
  }
  CHECK(n.events<call::call_rejected>().size() == 1);
  CHECK(n.events<call::call_ended>().empty());
  n.receive(ack_refusal({}, n.last_sent()));
  n.advance(seconds(40));
  CHECK(n.is_clean());
}

TEST_CASE("an offer of the address family that media cannot have is 488") {
  const auto over_v6 = [](std::string sdp) {
    sdp.replace(sdp.find("c=IN IP4 127.0.0.2"), 18, "c=IN IP6 2001:db8::2");
    return sdp;
  };
  const auto is_refused = [](const node& n, const char* words) {
    CHECK(n.last_sent().status() == 488);
    const std::string warning(n.last_sent().value(sip::header_id::warning));
    CHECK(warning.starts_with("301 "));
    CHECK(warning.find(words) != std::string::npos);
  };
  peer_request invite;
  SECTION("IP6 where the shell has a port of IPv4, or none: 488, and the port is given back") {
    node n;
    n.ports_free = GENERATE(true, false);
    invite.body = over_v6(offer());
    n.receive(invite.text());
    is_refused(n, "no media over IPv6");
    CHECK(n.last<call::call_rejected>().rule == "unusable_address");
    n.receive(ack_refusal(invite, n.last_sent()));
    n.advance(seconds(40));
    CHECK(n.is_clean());
  }
  SECTION("the reverse") {
    node n({}, 1, {*ip_address::parse("::1"), 5060});
    n.receive(invite.text(), {*ip_address::parse("::2"), 5070});
    is_refused(n, "no media over IPv4");
  }
  SECTION("in a call that is up: the old media go on") {
    node n;
    const auto ok = establish(n);
    auto again = in_dialog(*ok, "INVITE", 2, "z9hG4bK-re");
    again.body = over_v6(offer());
    n.receive(again.text());
    is_refused(n, "IP6 where media go over IP4");
    CHECK(n.changed.empty());
    CHECK(n.hang_up());
  }
  SECTION("an answer of that family is none: ACK, then BYE") {
    node n;
    call::dial_request r;
    r.target = "sip:bob@127.0.0.2:5070";
    n.dial(r);
    const auto out = n.last_sent("INVITE").message;
    n.receive(
        respond_to(*out, 200, "b1", "Contact: <sip:bob@127.0.0.2:5070>\r\n", over_v6(offer())));
    CHECK(n.last_sent().method() == sip::method::bye);
    CHECK(n.last<call::call_ended>().reason == "bad_answer");
  }
  SECTION("ports that are all taken stay a 503") {
    node n;
    n.ports_free = false;
    n.receive(invite.text());
    CHECK(n.last_sent().status() == 503);
  }
}
