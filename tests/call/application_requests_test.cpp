// Requests that the application sends and answers itself, inside calls and outside of them.
#include "call/support.hpp"
#include "sipvoice/call/held_requests.hpp"
#include "sipvoice/call/in_dialog_content.hpp"
#include "support/catch.hpp"

using namespace test;

namespace {

const std::string contact = "Contact: <sip:alice@127.0.0.2:5070>\r\n";

bool send(node& n, const call::in_dialog_request& r) {
  const bool done = n.endpoint().send_in_dialog(n.last_call, r, n.now());
  n.drain();
  return done;
}

bool respond(node& n, const call::call_request& r, const call::request_answer& a) {
  const bool done = n.endpoint().respond(r.id, r.request, a, n.now());
  n.drain();
  return done;
}

call::endpoint_config holding(const std::string& methods) {
  call::endpoint_config c;
  c.hold_request = [methods](call::call_id, std::string_view method) {
    return methods.find("|" + std::string(method) + "|") != std::string::npos;
  };
  return c;
}

peer_request request(const sip::message& ok, const std::string& method, std::uint32_t cseq) {
  return in_dialog(ok, method, cseq, "z9hG4bK-r" + std::to_string(cseq));
}

std::size_t count(const node& n, const std::string& what) {
  const auto ladder = n.ladder();
  return static_cast<std::size_t>(std::count(ladder.begin(), ladder.end(), what));
}

}  // namespace

TEST_CASE("a request of the application goes out inside the dialog and its end is told") {
  node n;
  establish(n);
  for (const std::string method : {"INFO", "MESSAGE", "OPTIONS", "UPDATE", "NOTIFY", "X-Poke"}) {
    INFO(method);
    const bool body = method != "UPDATE";
    REQUIRE(send(n, {method, {{"X-A", "1"}}, body ? "text/x" : "", body ? "hi" : "", false}));
    const auto sent = n.last_sent(method).message;
    CHECK(sent->value("X-A") == "1");
    CHECK(sent->body() == (body ? "hi" : ""));
    CHECK(sent->cseq()->method_name == method);
    CHECK(sent->has(sip::header_id::contact) == (method == "UPDATE" || method == "NOTIFY"));
    n.advance(milliseconds(30));
    n.receive(respond_to(*sent, 200, "", method == "UPDATE" ? contact : ""));
    const auto told = n.last<call::call_request_finished>();
    CHECK(told.id == n.last_call);
    CHECK(told.method == method);
    CHECK(told.status == 200);
    CHECK(told.reason == "OK");
    CHECK(told.answered);
    CHECK(told.took == milliseconds(30));
  }
  REQUIRE(send(n, {"X-Poke"}));
  n.receive(respond_to(*n.last_sent("X-Poke").message, 481, ""));
  CHECK(n.last<call::call_request_finished>().status == 481);
  CHECK(n.events<call::call_digit_sent>().empty());
  CHECK(n.events<call::call_ended>().empty());
  REQUIRE(send(n, {"OPTIONS"}));
  n.advance(seconds(32));
  CHECK(n.last<call::call_request_finished>().status == 408);
  CHECK_FALSE(n.last<call::call_request_finished>().answered);
  n.hang_up();
  CHECK_FALSE(send(n, {"OPTIONS"}));
}

TEST_CASE("what cannot be sent inside a dialog") {
  node n;
  n.receive(peer_request{}.text());
  CHECK_FALSE(send(n, {"OPTIONS"}));  // not up
  n.answer();
  n.receive(in_dialog(*n.last_sent("200").message, "ACK", 1, "z9hG4bK-ack").text());
  const auto before = n.sent.size();
  const std::string most(call::content_limits::max_body_sent, 'x');
  for (const auto& r : std::vector<call::in_dialog_request>{
           {""},
           {"IN FO"},
           {"INVITE"},
           {"invite"},
           {"ACK"},
           {"BYE"},
           {"CANCEL"},
           {"PRACK"},
           {"REFER"},
           {"INFO", {{"Contact", "<sip:x@y>"}}},
           {"INFO", {{"X-A", "1\r\n"}}},
           {"INFO", {}, "", "body"},
           {"INFO", {}, "text", "body"},
           {"INFO", {}, "text/plain", most + "x"},
           {"INFO", {}, "", "", true},
           {"UPDATE", {}, "application/sdp", "v=0"},
       })
    CHECK_FALSE(send(n, r));
  CHECK(n.sent.size() == before);
  for (std::size_t i = 0; i < 8; ++i) CHECK(send(n, {"OPTIONS"}));
  CHECK_FALSE(send(n, {"OPTIONS"}));
}

TEST_CASE("an UPDATE of the application with an offer") {
  node n;
  establish(n);
  REQUIRE(send(n, {"UPDATE", {{"X-A", "1"}}, "", "", true}));
  const auto update = n.last_sent("UPDATE").message;
  CHECK(update->body().find("RTP/AVP 0 8 101") != std::string_view::npos);
  CHECK_FALSE(send(n, {"UPDATE", {}, "", "", true}));  // one description at a time
  REQUIRE(n.hold());                                   // waits for it
  CHECK(count(n, "INVITE") == 0);
  SECTION("taken") {
    n.receive(respond_to(*update, 200, "", contact, offer("8", "", "127.0.0.2", 4002, 2)));
    CHECK(n.last<call::call_request_finished>().status == 200);
    CHECK(n.changed.back().parameters.format.send.codec == audio::codec_id::pcma);
    CHECK(count(n, "INVITE") == 1);
  }
  SECTION("refused, and the session goes on") {
    n.receive(respond_to(*update, 488, ""));
    CHECK(n.last<call::call_request_finished>().status == 488);
    CHECK(n.changed.empty());
    CHECK(count(n, "INVITE") == 1);
  }
  SECTION("an answer that is none") {
    n.receive(respond_to(*update, 200, "", contact));
    CHECK(n.last<call::call_request_finished>().status == 200);
    CHECK(n.last<call::call_ended>().reason == "bad_answer");
  }
}

TEST_CASE("an UPDATE of the application keeps the session timer going") {
  call::endpoint_config config;
  config.session_expires = seconds(1800);
  node n(config);
  peer_request invite;
  invite.headers = "Supported: timer\r\nSession-Expires: 1800;refresher=uas\r\n";
  establish(n, invite);
  REQUIRE(send(n, {"UPDATE"}));
  CHECK(n.last_sent("UPDATE").message->value(sip::header_id::session_expires) ==
        "1800;refresher=uac");
}

TEST_CASE("a held request waits for the answer of the application") {
  node n(holding("|INFO|MESSAGE|OPTIONS|UPDATE|REFER|NOTIFY|X-Poke|BYE|INVITE|"));
  const auto ok = establish(n);
  std::uint32_t cseq = 1;
  for (const std::string method :
       {"INFO", "MESSAGE", "OPTIONS", "UPDATE", "REFER", "NOTIFY", "X-Poke"}) {
    INFO(method);
    auto r = request(*ok, method, ++cseq);
    r.headers = "X-A: 1\r\n";
    r.content_type = "text/x";
    r.body = method == "UPDATE" ? "" : "hello";
    const auto before = n.sent.size();
    n.receive(r.text());
    CHECK(n.sent.size() == before);
    const auto told = n.last<call::call_request>();
    CHECK(told.id == n.last_call);
    CHECK(told.method == method);
    CHECK(told.body == r.body);
    CHECK(std::find(told.headers.begin(), told.headers.end(),
                    std::pair<std::string, std::string>("X-A", "1")) != told.headers.end());
    for (const call::request_answer& wrong : std::vector<call::request_answer>{
             {100}, {700}, {200, "a\r\nb"}, {200, "", {{"Via", "x"}}}, {200, "", {}, "", "body"}})
      CHECK_FALSE(respond(n, told, wrong));
    CHECK(n.sent.size() == before);
    REQUIRE(respond(n, told, {299, "So so", {{"X-B", "2"}}, "text/y", "answer"}));
    CHECK(n.last_sent().status() == 299);
    CHECK(n.last_sent().reason_phrase() == "So so");
    CHECK(n.last_sent().value("X-B") == "2");
    CHECK(n.last_sent().body() == "answer");
    CHECK(n.last_sent().value(sip::header_id::to) == ok->value(sip::header_id::to));
    CHECK(n.last_sent().has(sip::header_id::contact) == (method == "UPDATE" || method == "REFER"));
    CHECK_FALSE(respond(n, told, {200}));  // once
  }
  CHECK(n.events<call::call_digit>().empty());
  n.receive(request(*ok, "BYE", ++cseq).text());
  CHECK(n.last_sent().status() == 200);
  n.advance(seconds(32));
  CHECK(n.is_clean());
}

TEST_CASE("what is not held is answered as ever") {
  node n(holding("|X-Poke|UPDATE|"));
  const auto ok = establish(n);
  auto update = request(*ok, "UPDATE", 2);
  update.body = offer("8", "", "127.0.0.2", 4000, 2);
  n.receive(update.text());  // it has an offer
  CHECK(n.last_sent().status() == 200);
  CHECK_FALSE(n.last_sent().body().empty());
  struct row {
    const char* method;
    int status;
  };
  std::uint32_t cseq = 2;
  for (const row& r : {row{"INFO", 200}, row{"OPTIONS", 200}, row{"X-Other", 501},
                       row{"SUBSCRIBE", 405}, row{"NOTIFY", 489}}) {
    INFO(r.method);
    n.receive(request(*ok, r.method, ++cseq).text());
    CHECK(n.last_sent().status() == r.status);
  }
  CHECK(n.events<call::call_request>().empty());
}

TEST_CASE("a held request without an answer gets one all the same") {
  node n(holding("|INFO|"));
  const auto ok = establish(n);
  n.receive(request(*ok, "INFO", 2).text());
  const auto told = n.last<call::call_request>();
  SECTION("before its peer gives up") {
    n.advance(milliseconds(29'999));
    CHECK(count(n, "500") == 0);
    n.advance(milliseconds(1));
    CHECK(n.times_of("500") == std::vector<std::int64_t>{30'000});
    CHECK_FALSE(respond(n, told, {200}));
    n.hang_up();
  }
  SECTION("when the peer hangs up") {
    n.receive(request(*ok, "BYE", 3).text());
    CHECK(count(n, "487") == 1);
  }
  SECTION("when we hang up") {
    n.hang_up();
    CHECK(count(n, "487") == 1);
  }
  CHECK_FALSE(respond(n, told, {200}));
  if (count(n, "BYE") > 0) n.receive(respond_to(*n.last_sent("BYE").message, 200, ""));
  n.advance(seconds(64));
  CHECK(n.is_clean());
}

TEST_CASE("held requests are bounded") {
  node n(holding("|INFO|"));
  const auto ok = establish(n);
  std::uint32_t cseq = 1;
  for (std::size_t i = 0; i < call::held_requests::max_in_call; ++i)
    n.receive(request(*ok, "INFO", ++cseq).text());
  CHECK(n.events<call::call_request>().size() == call::held_requests::max_in_call);
  n.receive(request(*ok, "INFO", ++cseq).text());
  CHECK(n.last_sent().status() == 503);
  REQUIRE(respond(n, n.events<call::call_request>().front(), {200}));
  n.receive(request(*ok, "INFO", ++cseq).text());
  CHECK(n.events<call::call_request>().size() == call::held_requests::max_in_call + 1);
}

TEST_CASE("requests outside a dialog may be held too") {
  node n(holding("|MESSAGE|OPTIONS|X-Poke|INFO|REFER|NOTIFY|UPDATE|"));
  for (const std::string method : {"MESSAGE", "OPTIONS", "X-Poke"}) {
    INFO(method);
    peer_request r;
    r.method = method;
    r.call_id = r.branch = "z9hG4bK-" + method;
    r.body.clear();
    n.receive(r.text());
    const auto told = n.last<call::call_request>();
    CHECK(told.id == call::call_id{});
    CHECK(told.method == method);
    REQUIRE(respond(n, told, {202}));
    CHECK(n.last_sent().status() == 202);
    CHECK_FALSE(tag_of_to(n.last_sent()).empty());
    CHECK_FALSE(respond(n, told, {202}));
  }
  CHECK(n.events<call::page_message>().empty());
  const auto before = n.events<call::call_request>().size();
  for (const std::string method : {"INFO", "REFER", "NOTIFY", "UPDATE"}) {
    peer_request r;
    r.method = method;
    r.call_id = r.branch = "z9hG4bK-" + method;
    n.receive(r.text());
  }
  CHECK(n.events<call::call_request>().size() == before);
  peer_request late;
  late.method = "OPTIONS";
  late.branch = "z9hG4bK-late";
  late.body.clear();
  n.receive(late.text());
  n.advance(seconds(31));
  CHECK(n.last_sent().status() == 500);
  n.advance(seconds(64));
  CHECK(n.is_clean());
}

TEST_CASE("a hang-up may have a Reason of any kind") {
  struct row {
    call::end_cause cause;
    const char* reason;
  };
  for (const row& r :
       {row{{16, "bye", "SIP;cause=200;text=\"elsewhere\""}, "SIP;cause=200;text=\"elsewhere\""},
        row{{std::nullopt, "", "preemption;cause=1"}, "preemption;cause=1"},
        row{{16, "", "a\r\nX-Evil: 1"}, "Q.850;cause=16"}}) {
    node n;
    establish(n);
    REQUIRE(n.endpoint().hang_up(n.last_call, "hangup", n.now(), r.cause));
    n.drain();
    CHECK(n.last_sent("BYE").message->value(sip::header_id::reason) == r.reason);
  }
}
