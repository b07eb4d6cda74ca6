// What an answer says and what it opens: offers in both directions, early media, hold, addresses.
#include "call/support.hpp"
#include "support/catch.hpp"

using namespace test;
using call::ended_by;

TEST_CASE("an INVITE without an offer gets ours, and the answer comes in the ACK") {
  node n;
  peer_request invite;
  invite.body.clear();
  n.receive(invite.text());
  CHECK(n.ports_asked[0].peer == peer_address.ip);
  CHECK_FALSE(n.early_media());
  n.answer();
  const auto ok = n.last_sent("200").message;
  CHECK(ok->body().find("RTP/AVP 0 8 101") != std::string_view::npos);
  auto ack = in_dialog(*ok, "ACK", 1, "z9hG4bK-ack");
  SECTION("an answer") {
    ack.body = offer("8");
    n.receive(ack.text());
    CHECK(n.last<call::call_answered>().format.send.codec == audio::codec_id::pcma);
  }
  SECTION("none") { n.receive(ack.text()); }
  SECTION("one without a codec of ours") {
    ack.body = offer("18");
    n.receive(ack.text());
  }
  if (n.events<call::call_answered>().empty()) {
    CHECK(n.last_sent().method() == sip::method::bye);
    CHECK(n.last<call::call_ended>().by == ended_by::error);
    CHECK(n.last<call::call_ended>().reason == "bad_answer");
    CHECK(n.ports_out.empty());
  }
}

TEST_CASE("early media: one answer in 183 and 200, media open before the ACK") {
  node n;
  n.receive(peer_request{}.text());
  CHECK(n.early_media());
  CHECK_FALSE(n.early_media());
  CHECK(n.opened.size() == 1);
  CHECK(n.last<call::call_early_media>().media == n.opened[0].id);
  const std::string early(n.last_sent("183").message->body());
  n.answer();
  const auto ok = n.last_sent("200").message;
  CHECK(ok->body() == early);
  n.receive(in_dialog(*ok, "ACK", 1, "z9hG4bK-ack").text());
  CHECK(n.opened.size() == 1);
  CHECK(n.changed.empty());
  CHECK(n.last<call::call_answered>().media == n.opened[0].id);
}

TEST_CASE("a provisional is repeated each minute") {
  node n;
  n.receive(peer_request{}.text());
  n.ring();
  n.advance(seconds(150));
  CHECK(n.times_of("180") == std::vector<std::int64_t>{0, 60000, 120000});
}

TEST_CASE("headers of the answer") {
  node n;
  n.receive(peer_request{}.text());
  CHECK_FALSE(n.answer({{{"X-A", "1\r\nX-B: 2"}}}));
  CHECK(n.answer({{{"X-A", "1"}, {"X-A", "2"}}}));
  CHECK(n.last_sent().value("X-A") == "1");
}

TEST_CASE("a first INVITE on hold is answered") {
  struct row {
    std::string body;
    media::direction direction;
    const char* line;
  };
  const std::vector<row> rows{
      {offer("0", "", "0.0.0.0"), media::direction::receive_only, "a=recvonly"},
      {offer("0", "a=sendonly\r\n"), media::direction::receive_only, "a=recvonly"},
      {offer("0", "a=inactive\r\n"), media::direction::inactive, "a=inactive"},
  };
  for (const row& r : rows) {
    INFO(r.body);
    node n;
    peer_request invite;
    invite.body = r.body;
    const auto ok = establish(n, invite);
    REQUIRE(n.opened.size() == 1);
    CHECK(n.opened[0].parameters.on_hold);
    CHECK(n.opened[0].parameters.direction == r.direction);
    CHECK(ok->body().find(r.line) != std::string_view::npos);
    CHECK(n.last<call::call_held>().on_hold);
    CHECK(n.events<call::call_answered>().size() == 1);
  }
}

TEST_CASE("media that stop or never begin end the call") {
  for (const bool never_started : {true, false}) {
    node n;
    establish(n);
    n.media_event(n.opened[0].id, media::media_timed_out{never_started});
    CHECK(n.last_sent().method() == sip::method::bye);
    CHECK(n.last<call::call_ended>().by == ended_by::timeout);
    CHECK(n.last<call::call_ended>().reason == (never_started ? "rtp_never" : "rtp_timeout"));
  }
}

TEST_CASE("the advertised address stands in SDP and Contact") {
  call::endpoint_config config;
  config.advertised_ip = ip_address::v4(198, 51, 100, 7);
  node n(config);
  const auto ok = establish(n);
  CHECK(ok->value(sip::header_id::contact) == "<sip:198.51.100.7:5060>");
  CHECK(ok->body().find("c=IN IP4 198.51.100.7") != std::string_view::npos);
  CHECK(n.last<call::call_answered>().local_rtp.ip == server_ip);
}

TEST_CASE("IPv6 stands in brackets where it belongs") {
  const auto v6 = *ip_address::parse("::1");
  node n({}, 1, {v6, 5060});
  peer_request invite;
  invite.contact = "<sip:alice@[::1]:5070>";
  invite.body =
      "v=0\r\no=- 1 1 IN IP6 ::1\r\ns=-\r\nc=IN IP6 ::1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";
  n.receive(invite.text(), {v6, 5070});
  n.answer();
  const auto ok = n.last_sent("200").message;
  CHECK(ok->value(sip::header_id::contact) == "<sip:[::1]:5060>");
  CHECK(ok->body().find("c=IN IP6 ::1\r\n") != std::string_view::npos);
  n.receive(in_dialog(*ok, "ACK", 1, "z9hG4bK-ack").text(), {v6, 5070});
  n.hang_up();
  CHECK(n.last_sent().request_uri() == "sip:alice@[::1]:5070");
  CHECK(n.last_sent().top_via()->host == "::1");
  CHECK(n.last_sent("BYE").to.remote == socket_address{v6, 5070});
}

TEST_CASE("a call that began with 0.0.0.0 has an address once its peer resumes") {
  node n;
  peer_request invite;
  invite.body = offer("0", "", "0.0.0.0");
  const auto ok = establish(n, invite);
  CHECK(n.opened.at(0).parameters.remote_rtp.ip.is_unspecified());
  CHECK(n.ports_asked.at(0).peer == peer_address.ip);  // all that is known of where it is
  n.media_event(n.opened[0].id, media::media_timed_out{true});
  CHECK(n.events<call::call_ended>().empty());
  auto resume = in_dialog(*ok, "INVITE", 2, "z9hG4bK-2");
  resume.body = offer("0", "", "127.0.0.2", 4002, 2);
  n.receive(resume.text());
  n.receive(in_dialog(*ok, "ACK", 2, "z9hG4bK-2a").text());
  REQUIRE(n.changed.size() == 1);
  CHECK(n.changed[0].parameters.remote_rtp.to_string() == "127.0.0.2:4002");
  CHECK(n.changed[0].parameters.direction == media::direction::both);
  CHECK_FALSE(n.changed[0].parameters.on_hold);
  CHECK_FALSE(n.last<call::call_held>().on_hold);
}
