#include "call/support.hpp"
#include "sipvoice/call/services.hpp"
#include "support/catch.hpp"

using namespace test;
using call::ended_by;

namespace {

peer_request reinvite(const sip::message& ok, std::uint32_t cseq, const std::string& body) {
  peer_request r = in_dialog(ok, "INVITE", cseq, "z9hG4bK-re" + std::to_string(cseq));
  r.body = body;
  return r;
}

void acknowledge(node& n, const sip::message& ok, std::uint32_t cseq) {
  n.receive(in_dialog(ok, "ACK", cseq, "z9hG4bK-reack" + std::to_string(cseq)).text());
}

}  // namespace

TEST_CASE("a NUL in what a peer has said goes back to it as it came") {
  using namespace std::string_literals;
  // Legal in a quoted-pair (RFC 4475 3.1.1.2), and a hang-up must not end the process.
  node n;
  peer_request invite;
  invite.from = "\"a\\\0b\" <sip:alice@127.0.0.2>;tag=a1"s;
  invite.call_id = "call\0one"s;
  invite.headers = "Record-Route: \"p\\\0\" <sip:127.0.0.9;lr>;x=\"\\\0\"\r\n"s;
  establish(n, invite);
  CHECK(n.hang_up());
  const auto bye = n.last_sent("BYE").message;
  CHECK(bye->value(sip::header_id::to) == invite.from);
  CHECK(bye->call_id() == invite.call_id);
}

TEST_CASE("requests of no dialog") {
  struct row {
    const char* method;
    const char* to;
    int status;
  };
  const std::vector<row> rows{
      {"BYE", "<sip:bob@127.0.0.1>", 481},
      {"BYE", "<sip:bob@127.0.0.1>;tag=unknown", 481},
      {"INVITE", "<sip:bob@127.0.0.1>;tag=unknown", 481},
      {"OPTIONS", "<sip:bob@127.0.0.1>;tag=unknown", 481},
      {"OPTIONS", "<sip:bob@127.0.0.1>", 200},
      {"REGISTER", "<sip:bob@127.0.0.1>", 405},
      {"UPDATE", "<sip:bob@127.0.0.1>", 481},
      {"PRACK", "<sip:bob@127.0.0.1>", 481},
      {"SUBSCRIBE", "<sip:bob@127.0.0.1>", 405},
      {"DANCE", "<sip:bob@127.0.0.1>", 501},
  };
  for (const row& r : rows) {
    INFO(r.method << " " << r.to);
    node n;
    peer_request request;
    request.method = r.method;
    request.to = r.to;
    request.body.clear();
    n.receive(request.text());
    CHECK(n.last_sent().status() == r.status);
    CHECK_FALSE(tag_of_to(n.last_sent()).empty());
    CHECK(n.all_events.empty());
  }
}

TEST_CASE("OPTIONS tells what we can do, in a dialog and out of one") {
  node n;
  peer_request options;
  options.method = "OPTIONS";
  options.body.clear();
  n.receive(options.text());
  for (int pass = 0; pass < 2; ++pass) {
    const sip::message& ok = n.last_sent();
    CHECK(ok.status() == 200);
    CHECK(ok.value(sip::header_id::allow) == call::allowed_methods());
    CHECK(ok.value(sip::header_id::accept) == "application/sdp");
    CHECK(ok.has(sip::header_id::supported));
    if (pass == 0) n.receive(in_dialog(*establish(n), "OPTIONS", 2, "z9hG4bK-opt").text());
  }
}

TEST_CASE("both tags and the Call-ID must match") {
  node n;
  const auto ok = establish(n);
  auto other_from = in_dialog(*ok, "BYE", 2, "z9hG4bK-1a");
  other_from.from = "<sip:alice@127.0.0.2>;tag=a2";
  auto other_call = in_dialog(*ok, "BYE", 2, "z9hG4bK-1b");
  other_call.call_id = "call-9";
  auto other_to = in_dialog(*ok, "BYE", 2, "z9hG4bK-1c");
  other_to.to += "x";
  for (const auto& r : {other_from, other_call, other_to}) {
    n.receive(r.text());
    CHECK(n.last_sent().status() == 481);
  }
  CHECK(n.events<call::call_ended>().empty());
}

TEST_CASE("CSeq must rise") {
  struct row {
    std::uint32_t cseq;
    int status;
  };
  node n;
  peer_request invite;
  invite.cseq = 100;
  const auto ok = establish(n, invite);
  int branch = 0;
  for (const row& r : std::vector<row>{{99, 500}, {100, 500}, {102, 200}, {101, 500}, {200, 200}}) {
    INFO(r.cseq);
    n.receive(in_dialog(*ok, "OPTIONS", r.cseq, "z9hG4bK-c" + std::to_string(++branch)).text());
    CHECK(n.last_sent().status() == r.status);
  }
}

TEST_CASE("methods we do not take inside a dialog") {
  node n;
  const auto ok = establish(n);
  n.receive(in_dialog(*ok, "PUBLISH", 2, "z9hG4bK-i").text());
  CHECK(n.last_sent().status() == 405);
  CHECK(n.last_sent().has(sip::header_id::allow));
  n.receive(in_dialog(*ok, "DANCE", 3, "z9hG4bK-d").text());
  CHECK(n.last_sent().status() == 501);
  auto required = in_dialog(*ok, "BYE", 4, "z9hG4bK-r");
  required.headers = "Require: mind-reading\r\n";
  n.receive(required.text());
  CHECK(n.last_sent().status() == 420);
  CHECK(n.last_sent().value(sip::header_id::unsupported) == "mind-reading");
  CHECK(n.events<call::call_ended>().empty());
}

TEST_CASE("BYE's Reason is told") {
  struct row {
    const char* headers;
    const char* text;
    std::optional<int> cause;
  };
  const std::vector<row> rows{
      {"", "", std::nullopt},
      {"Reason: Q.850;cause=16;text=\"Normal call clearing\"\r\n",
       "Q.850;cause=16;text=\"Normal call clearing\"", 16},
      {"Reason: SIP;cause=480\r\n", "SIP;cause=480", std::nullopt},
      {"Reason: SIP ;cause=200, q.850 ; cause=31\r\n", "SIP ;cause=200, q.850 ; cause=31", 31},
      {"Reason: SIP;cause=200\r\nReason: Q.850;cause=17\r\n", "SIP;cause=200, Q.850;cause=17", 17},
      {"Reason: Q.850;cause=banana\r\n", "Q.850;cause=banana", std::nullopt},
      {"Reason: Q.850;cause=99999999999\r\n", "Q.850;cause=99999999999", std::nullopt},
      {"Reason: Q.850\r\n", "Q.850", std::nullopt},
  };
  for (const row& r : rows) {
    INFO(r.headers);
    node n;
    auto bye = in_dialog(*establish(n), "BYE", 2, "z9hG4bK-b");
    bye.headers = r.headers;
    n.receive(bye.text());
    CHECK(n.last<call::call_ended>().remote_reason == r.text);
    CHECK(n.last<call::call_ended>().q850_cause == r.cause);
  }
}

TEST_CASE("BYE in an early dialog ends the INVITE with 487") {
  node n;
  const peer_request invite;
  n.receive(invite.text());
  n.ring();
  n.receive(in_dialog(*n.last_sent("180").message, "BYE", 2, "z9hG4bK-b").text());
  CHECK(n.ladder() == std::vector<std::string>{"100", "180", "200", "487"});
  CHECK(n.last<call::call_ended>().reason == "cancelled");
  CHECK(n.ports_out.empty());
}

TEST_CASE("a second INVITE while the first is pending is 500 with Retry-After") {
  node n;
  n.receive(peer_request{}.text());
  n.ring();
  const auto ringing = n.last_sent("180").message;
  n.receive(reinvite(*ringing, 2, offer()).text());
  CHECK(n.last_sent().status() == 500);
  const auto wait = std::stoi(std::string(n.last_sent().value(sip::header_id::retry_after)));
  CHECK(wait >= 0);
  CHECK(wait <= 10);
  CHECK(n.answer());
}

TEST_CASE("re-INVITE: a new address, codec and target") {
  node n;
  const auto ok = establish(n);
  SECTION("the same description changes nothing") {
    n.receive(reinvite(*ok, 2, offer()).text());
    CHECK(n.last_sent().status() == 200);
    CHECK(n.last_sent().body() == ok->body());
    acknowledge(n, *ok, 2);
    CHECK(n.changed.empty());
  }
  SECTION("a new description") {
    auto r = reinvite(
        *ok, 2,
        offer("8 97", "a=rtpmap:97 telephone-event/8000\r\na=ptime:30\r\n", "127.0.0.9", 4444, 2));
    r.contact = "<sip:alice@127.0.0.8:5099>";
    n.receive(r.text());
    REQUIRE(n.changed.size() == 1);
    const auto& p = n.changed[0].parameters;
    CHECK(n.changed[0].id == n.opened[0].id);
    CHECK(p.remote_rtp == socket_address{ip_address::v4(127, 0, 0, 9), 4444});
    CHECK(p.format.send.codec == audio::codec_id::pcma);
    CHECK(p.format.dtmf_send == payload_type{97});
    CHECK(p.format.ptime_ms == 30);
    acknowledge(n, *ok, 2);
    CHECK(n.changed.size() == 1);
    n.hang_up();
    CHECK(n.last_sent("BYE").to.remote == socket_address{ip_address::v4(127, 0, 0, 8), 5099});
    CHECK(n.last_sent().request_uri() == "sip:alice@127.0.0.8:5099");
    n.advance(seconds(40));
    CHECK(n.last<call::call_ended>().codec == audio::codec_id::pcma);
  }
  SECTION("its 200 is repeated until the ACK") {
    n.sent.clear();
    n.receive(reinvite(*ok, 2, offer()).text());
    n.advance_to(time_point(milliseconds(4000)));
    CHECK(n.times_of("200") == std::vector<std::int64_t>{0, 500, 1500, 3500});
    SECTION("which ends it") {
      acknowledge(n, *ok, 2);
      n.advance(seconds(40));
      CHECK(n.times_of("200").size() == 4);
      CHECK(n.endpoint().calls() == 1);
    }
    SECTION("and without one the call ends") {
      n.advance_to(time_point(seconds(32)));
      CHECK(n.times_of("BYE") == std::vector<std::int64_t>{32000});
      CHECK(n.last<call::call_ended>().reason == "no_ack");
    }
    SECTION("and another re-INVITE must wait") {
      n.receive(reinvite(*ok, 3, offer()).text());
      CHECK(n.last_sent().status() == 500);
      CHECK(n.last_sent().has(sip::header_id::retry_after));
    }
  }
}

TEST_CASE("a re-INVITE that is refused leaves the old media") {
  struct row {
    std::string body;
    int status;
  };
  const std::vector<row> rows{{offer("18"), 488},
                              {offer("0", "", "224.0.0.1"), 488},
                              {offer("0", "", "255.255.255.255"), 488},
                              {offer("0", "", "127.0.0.2", 65536), 488},
                              {"rubbish", 400}};
  for (const row& r : rows) {
    INFO(r.body);
    node n;
    const auto ok = establish(n);
    auto request = reinvite(*ok, 2, r.body);
    request.contact = "<sip:mallory@127.0.0.66:5060>";
    n.receive(request.text());
    CHECK(n.last_sent().status() == r.status);
    CHECK(n.last_sent().has(sip::header_id::warning) == (r.status == 488));
    CHECK(n.changed.empty());
    CHECK(n.closed.empty());
    n.receive(ack_refusal(request, n.last_sent()));
    n.hang_up();
    CHECK(n.last_sent().request_uri() == "sip:alice@127.0.0.2:5070");
  }
}

TEST_CASE("hold and resume") {
  struct row {
    std::string body;
    const char* line;  ///< of our answer
  };
  const std::vector<row> rows{
      {offer("0", "a=sendonly\r\n", "127.0.0.2", 4000, 2), "a=recvonly"},
      {offer("0", "a=inactive\r\n", "127.0.0.2", 4000, 2), "a=inactive"},
      {offer("0", "", "0.0.0.0", 4000, 2), "a=recvonly"},
  };
  for (const row& r : rows) {
    INFO(r.body);
    node n;
    const auto ok = establish(n);
    n.receive(reinvite(*ok, 2, r.body).text());
    CHECK(n.last_sent().status() == 200);
    CHECK(n.last_sent().body().find(r.line) != std::string_view::npos);
    acknowledge(n, *ok, 2);
    REQUIRE(n.changed.size() == 1);
    CHECK(n.changed[0].parameters.on_hold);
    CHECK(n.last<call::call_held>().on_hold);
    n.media_event(n.opened[0].id, media::media_timed_out{false});
    CHECK(n.events<call::call_ended>().empty());

    n.receive(reinvite(*ok, 3, offer("0", "", "127.0.0.2", 4000, 3)).text());
    acknowledge(n, *ok, 3);
    REQUIRE(n.changed.size() == 2);
    CHECK_FALSE(n.changed[1].parameters.on_hold);
    CHECK(n.changed[1].parameters.direction == media::direction::both);
    CHECK_FALSE(n.last<call::call_held>().on_hold);
    CHECK(n.events<call::call_held>().size() == 2);
  }
}

TEST_CASE("a re-INVITE without an offer gets ours") {
  node n;
  const auto ok = establish(n);
  n.receive(reinvite(*ok, 2, "").text());
  CHECK(n.last_sent().status() == 200);
  CHECK_FALSE(n.last_sent().body().empty());
  auto ack = in_dialog(*ok, "ACK", 2, "z9hG4bK-ack2");
  SECTION("while its answer is awaited another is 491") {
    n.receive(reinvite(*ok, 3, offer()).text());
    CHECK(n.last_sent().status() == 491);
  }
  SECTION("the answer is taken from the ACK") {
    ack.body = offer("8", "", "127.0.0.3", 4002, 2);
    n.receive(ack.text());
    REQUIRE(n.changed.size() == 1);
    CHECK(n.changed[0].parameters.format.send.codec == audio::codec_id::pcma);
  }
  SECTION("an ACK without one ends the call") {
    n.receive(ack.text());
    CHECK(n.last_sent().method() == sip::method::bye);
    CHECK(n.last<call::call_ended>().reason == "bad_answer");
  }
}

TEST_CASE(
    "asked for an offer while the peer holds, we offer to talk, and it resumes by its answer") {
  const bool we_hold = GENERATE(false, true);
  node n;
  const auto ok = establish(n);
  if (we_hold) {
    n.hold();
    n.receive(respond_to(*n.last_sent("INVITE").message, 200, "",
                         "Contact: <sip:alice@127.0.0.2:5070>\r\n",
                         offer("0", "a=recvonly\r\n", "127.0.0.2", 4000, 2)));
  } else {
    n.receive(reinvite(*ok, 2, offer("0", "a=sendonly\r\n", "127.0.0.2", 4000, 2)).text());
    acknowledge(n, *ok, 2);
  }
  REQUIRE(n.last<call::call_held>().on_hold);
  n.receive(reinvite(*ok, 3, "").text());
  const char* offered = we_hold ? "a=sendonly\r\n" : "a=sendrecv\r\n";
  CHECK(n.last_sent().body().find(offered) != std::string_view::npos);
  auto ack = in_dialog(*ok, "ACK", 3, "z9hG4bK-ack3");
  ack.body = offer("0", we_hold ? "a=recvonly\r\n" : "a=sendrecv\r\n", "127.0.0.2", 4000, 3);
  n.receive(ack.text());
  CHECK(n.last<call::call_held>().on_hold == we_hold);  // our own wish stands
  CHECK(n.changed.back().parameters.direction ==
        (we_hold ? media::direction::send_only : media::direction::both));
}

TEST_CASE("our BYE follows Contact and route set") {
  struct row {
    const char* contact;
    const char* record_route;
    const char* uri;
    const char* route;
    const char* to;
  };
  const std::vector<row> rows{
      {"<sip:alice@127.0.0.2:5070>", "", "sip:alice@127.0.0.2:5070", "", "127.0.0.2:5070"},
      {"<sip:alice@127.0.0.3>", "", "sip:alice@127.0.0.3", "", "127.0.0.3:5060"},
      {"<sip:alice@127.0.0.2:5070>",
       "Record-Route: <sip:127.0.0.4:5080;lr>, <sip:127.0.0.5;lr>\r\n", "sip:alice@127.0.0.2:5070",
       "<sip:127.0.0.4:5080;lr>", "127.0.0.4:5080"},
      {"<sip:alice@127.0.0.2:5070>", "Record-Route: <sip:127.0.0.4:5080>\r\n", "sip:127.0.0.4:5080",
       "<sip:alice@127.0.0.2:5070>", "127.0.0.4:5080"},
      {"<sip:alice@127.0.0.2:5070>", "Record-Route: <sip:127.0.0.4:5080>, <sip:127.0.0.5;lr>\r\n",
       "sip:127.0.0.4:5080", "<sip:127.0.0.5;lr>",
       "127.0.0.4:5080"},  // the strict one first: the target is the last
      {"<sip:alice@127.0.0.2:5070>", "Record-Route: <sip:127.0.0.4:5080;lr>, <sip:127.0.0.5>\r\n",
       "sip:alice@127.0.0.2:5070", "<sip:127.0.0.4:5080;lr>",
       "127.0.0.4:5080"},  // a strict one further on is its own affair
      {"<sip:alice@0.0.0.0>", "", "sip:alice@0.0.0.0", "", "127.0.0.2:5070"},
  };
  for (const row& r : rows) {
    INFO(r.contact << " " << r.record_route);
    node n;
    peer_request invite;
    invite.contact = r.contact;
    invite.headers = r.record_route;
    const auto ok = establish(n, invite);
    n.hang_up("done");
    const auto& bye = n.last_sent("BYE");
    CHECK(bye.message->request_uri() == r.uri);
    CHECK(bye.message->value(sip::header_id::route) == r.route);
    CHECK(bye.to.remote.to_string() == r.to);
    CHECK(bye.message->value(sip::header_id::from) == ok->value(sip::header_id::to));
    CHECK(bye.message->value(sip::header_id::to) == "<sip:alice@127.0.0.2>;tag=a1");
    CHECK(n.last<call::call_ended>().by == ended_by::local);
    CHECK(n.last<call::call_ended>().reason == "done");
    CHECK(ok->has(sip::header_id::record_route) == (r.record_route[0] != '\0'));
  }
}

TEST_CASE("a Contact that is a name is resolved before the BYE") {
  node n;
  peer_request invite;
  invite.contact = "<sip:alice@phone.example:5090>";
  establish(n, invite);
  n.hang_up();
  REQUIRE(n.names_asked.size() == 1);
  CHECK(n.names_asked[0] == "phone.example");
  CHECK(n.events<call::call_ended>().size() == 1);
  CHECK(n.times_of("BYE").empty());
  SECTION("found") {
    n.resolved({{*ip_address::parse("::1"), 5090}, {ip_address::v4(127, 0, 0, 6), 5090}});
    CHECK(n.last_sent("BYE").to.remote.to_string() == "127.0.0.6:5090");
  }
  SECTION("not found: to where the peer was seen") {
    n.resolved({});
    CHECK(n.last_sent("BYE").to.remote == peer_address);
  }
  n.receive(respond_to(*n.last_sent("BYE").message, 200, ""));
  n.advance(seconds(60));
  CHECK(n.is_clean());
}

TEST_CASE("what waits for a name goes out before what is sent to a new target") {
  node n;
  peer_request invite;
  invite.contact = "<sip:alice@phone.example:5090>";
  const auto ok = establish(n, invite);
  CHECK(n.endpoint().send_message(n.last_call, "text/plain", "hello", n.now()));
  n.drain();
  CHECK(n.times_of("MESSAGE").empty());
  auto update = in_dialog(*ok, "UPDATE", 2, "z9hG4bK-2");
  update.contact = "<sip:alice@127.0.0.6:5090>";
  n.receive(update.text());
  n.hang_up();
  CHECK(n.last_sent("MESSAGE").to.remote.to_string() == "127.0.0.6:5090");
  CHECK(n.last_sent("BYE").to.remote.to_string() == "127.0.0.6:5090");
  const auto ladder = n.ladder();
  CHECK(std::vector(ladder.end() - 2, ladder.end()) == std::vector<std::string>{"MESSAGE", "BYE"});
  n.resolved({});  // too late
  n.advance(seconds(60));
  CHECK(n.is_clean());
}

TEST_CASE("nat_contact: a private Contact seen from elsewhere") {
  struct row {
    bool option;
    const char* contact;
    const char* to;
  };
  const std::vector<row> rows{
      {false, "<sip:alice@10.1.2.3:5062>", "10.1.2.3:5062"},
      {true, "<sip:alice@10.1.2.3:5062>", "127.0.0.2:5070"},
      {true, "<sip:alice@198.51.100.1:5062>", "198.51.100.1:5062"},
  };
  for (const row& r : rows) {
    INFO(r.option << " " << r.contact);
    call::endpoint_config config;
    config.nat_contact = r.option;
    node n(config);
    peer_request invite;
    invite.contact = r.contact;
    establish(n, invite);
    n.logs.clear();
    n.hang_up();
    CHECK(n.last_sent("BYE").to.remote.to_string() == r.to);
    CHECK(n.logs.size() == (std::string(r.to) == "127.0.0.2:5070" ? 1 : 0));
  }
}

TEST_CASE("nat_contact: a call that we placed, and one whose way a proxy has recorded") {
  struct row {
    bool option;
    const char* record_route;
    const char* to;
  };
  const std::vector<row> rows{
      {false, "", "192.168.1.9:5062"},
      {true, "", "127.0.0.2:5070"},
      {true, "Record-Route: <sip:10.9.9.9:5080;lr>\r\n", "10.9.9.9:5080"},
  };
  for (const row& r : rows) {
    INFO(r.option << " " << r.record_route);
    call::endpoint_config config;
    config.nat_contact = r.option;
    node n(config);
    call::dial_request request;
    request.target = "sip:bob@127.0.0.2:5070";
    n.dial(request);
    n.logs.clear();
    n.receive(respond_to(*n.last_sent("INVITE").message, 200, "b1",
                         "Contact: <sip:bob@192.168.1.9:5062>\r\n" + std::string(r.record_route),
                         offer()));
    CHECK(n.last_sent("ACK").to.remote.to_string() == r.to);
    n.hold();
    CHECK(n.last_sent("INVITE").to.remote.to_string() == r.to);
    n.hang_up();
    CHECK(n.last_sent("BYE").to.remote.to_string() == r.to);
    CHECK(n.last_sent("BYE").message->request_uri() == "sip:bob@192.168.1.9:5062");
    const auto told = std::count_if(n.logs.begin(), n.logs.end(), [](const call::log_line& l) {
      return l.text.find("is private") != std::string::npos;
    });
    CHECK(told == (std::string(r.to) == "127.0.0.2:5070" ? 1 : 0));
  }
}

TEST_CASE("a re-INVITE or UPDATE with another body is 415, for an unknown extension 420") {
  for (const std::string method : {"INVITE", "UPDATE"}) {
    INFO(method);
    node n;
    const auto ok = establish(n);
    auto text = in_dialog(*ok, method, 2, "z9hG4bK-2");
    text.content_type = "text/plain";
    text.body = "hello";
    n.receive(text.text());
    CHECK(n.last_sent().status() == 415);
    CHECK(n.last_sent().value(sip::header_id::accept) == "application/sdp");
    auto required = in_dialog(*ok, method, 3, "z9hG4bK-3");
    required.body = offer("8", "", "127.0.0.9", 4444, 2);
    required.headers = "Require: teleport\r\n";
    n.receive(required.text());
    CHECK(n.last_sent().status() == 420);
    CHECK(n.changed.empty());
    CHECK(n.events<call::call_ended>().empty());
  }
}

TEST_CASE("whatever answers our BYE, the call is over") {
  for (const int status : {200, 408, 481, 500, 0}) {
    INFO(status);
    node n;
    establish(n);
    n.hang_up();
    CHECK(n.events<call::call_ended>().size() == 1);
    CHECK(n.endpoint().calls() == 0);
    CHECK(n.endpoint().transactions() > 0);
    if (status != 0) n.receive(respond_to(*n.last_sent("BYE").message, status, ""));
    n.advance(seconds(80));
    CHECK(n.is_clean());
    CHECK(n.events<call::call_ended>().size() == 1);
  }
}

TEST_CASE("a BYE that crosses ours is answered") {
  node n;
  const auto ok = establish(n);
  n.hang_up();
  n.receive(in_dialog(*ok, "BYE", 2, "z9hG4bK-b").text());
  CHECK(n.last_sent().status() == 200);
  n.receive(in_dialog(*ok, "INVITE", 3, "z9hG4bK-i").text());
  CHECK(n.last_sent().status() == 481);
  CHECK(n.events<call::call_ended>().size() == 1);
}

TEST_CASE("the end is told once media are closed") {
  node n;
  n.media_at_once = false;
  const auto ok = establish(n);
  n.receive(in_dialog(*ok, "BYE", 2, "z9hG4bK-b").text());
  CHECK(n.closed.size() == 1);
  CHECK(n.events<call::call_ended>().empty());
  CHECK(n.endpoint().calls() == 1);
  media::media_statistics s;
  s.packets_received = 250;
  n.media_event(n.closed[0].id, media::media_closed{s});
  n.media_event(n.closed[0].id, media::media_closed{s});
  REQUIRE(n.events<call::call_ended>().size() == 1);
  CHECK(n.last<call::call_ended>().media->packets_received == 250);
  CHECK(n.endpoint().calls() == 0);
}
