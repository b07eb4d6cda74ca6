#include "call/support.hpp"
#include "support/catch.hpp"

using namespace test;
using call::ended_by;

namespace {

const std::string peer_contact = "Contact: <sip:bob@127.0.0.2:5070>\r\n";

call::dial_request to_bob() {
  call::dial_request r;
  r.target = "sip:bob@127.0.0.2:5070";
  return r;
}

const sip::message& invite_of(const node& n) { return *n.last_sent("INVITE").message; }

}  // namespace

TEST_CASE("a call is placed, answered and hung up") {
  node n;
  auto request = to_bob();
  request.from = "sip:alice@example.com";
  request.headers = {{"X-Room-ID", "sales"}, {"Subject", "hello"}};
  n.dial(request);
  const sip::message& invite = invite_of(n);
  CHECK(invite.request_uri() == "sip:bob@127.0.0.2:5070");
  CHECK(n.last_sent().check() == nullptr);
  CHECK(n.last_sent("INVITE").to.remote == peer_address);
  CHECK(invite.value(sip::header_id::contact) == "<sip:127.0.0.1:5060>");
  CHECK(invite.from()->uri_text == "sip:alice@example.com");
  CHECK(invite.to()->tag().empty());
  CHECK(invite.value("X-Room-ID") == "sales");
  CHECK(invite.top_via()->wants_rport());
  const auto info = n.last<call::call_outgoing>().info;
  CHECK_FALSE(info.inbound);
  CHECK(info.room_id == "sales");
  CHECK(info.from_uri == "sip:alice@example.com");
  CHECK(info.to_uri == "sip:bob@127.0.0.2:5070");
  CHECK(info.sip_call_id == invite.call_id());

  n.receive(respond_to(invite, 100, ""));
  CHECK(n.events<call::call_ringing>().empty());
  n.receive(respond_to(invite, 180, "b1"));
  n.receive(respond_to(invite, 180, "b1"));
  CHECK(n.events<call::call_ringing>().size() == 1);
  const std::string ok =
      respond_to(invite, 200, "b1",
                 "Record-Route: <sip:127.0.0.5;lr>\r\nRecord-Route: <sip:127.0.0.4:5080;lr>\r\n" +
                     peer_contact,
                 offer("8"));
  n.receive(ok);
  const auto ack = n.last_sent("ACK");
  CHECK(ack.message->request_uri() == "sip:bob@127.0.0.2:5070");
  CHECK(ack.message->value(sip::header_id::route) == "<sip:127.0.0.4:5080;lr>");
  CHECK(ack.to.remote.to_string() == "127.0.0.4:5080");
  CHECK(ack.message->cseq()->number == invite.cseq()->number);
  CHECK(ack.message->top_via()->branch() != invite.top_via()->branch());
  CHECK(n.last<call::call_answered>().format.send.codec == audio::codec_id::pcma);
  CHECK(n.opened.size() == 1);

  n.receive(ok);  // every copy is acknowledged again
  CHECK(n.times_of("ACK").size() == 2);
  CHECK(n.last_sent().bytes() == ack.message->bytes());
  CHECK(n.events<call::call_answered>().size() == 1);

  n.advance(seconds(3));
  CHECK(n.hang_up("done"));
  CHECK(n.last_sent().method() == sip::method::bye);
  CHECK(n.last_sent().cseq()->number == 2);
  CHECK(n.last<call::call_ended>().by == ended_by::local);
  n.receive(respond_to(n.last_sent(), 200, ""));
  n.advance(seconds(80));
  CHECK(n.is_clean());
}

TEST_CASE("a caller behind a strict router: ACK, re-INVITE and BYE name it (12.2.1.1)") {
  node n;
  n.dial(to_bob());
  // The route set of the caller is Record-Route in reverse: the strict one is the first on the way.
  n.receive(respond_to(
      invite_of(n), 200, "b1",
      "Record-Route: <sip:127.0.0.5;lr>\r\n"
      "Record-Route: <sip:router@127.0.0.4:5080;transport=udp;method=INVITE?Subject=x>\r\n" +
          peer_contact,
      offer()));
  const auto check = [&](const std::string& method) {
    INFO(method);
    const auto& sent = n.last_sent(method);
    CHECK(sent.to.remote.to_string() == "127.0.0.4:5080");
    // What may not stand in a Request-URI is taken off (19.1.1).
    CHECK(sent.message->request_uri() == "sip:router@127.0.0.4:5080;transport=udp");
    std::vector<std::string> routes;
    sent.message->for_each(sip::header_id::route,
                           [&](std::string_view one) { routes.emplace_back(one); });
    CHECK(routes == std::vector<std::string>{"<sip:127.0.0.5;lr>", "<sip:bob@127.0.0.2:5070>"});
    CHECK(sent.message->to()->uri_text == "sip:bob@127.0.0.2:5070");
  };
  check("ACK");
  CHECK(n.hold());
  check("INVITE");
  // A target refresh changes the last Route, not the first.
  n.receive(respond_to(invite_of(n), 200, "", "Contact: <sip:bob@127.0.0.9>\r\n",
                       offer("0", "a=recvonly\r\n", "127.0.0.2", 4000, 2)));
  n.hang_up();
  const auto& bye = n.last_sent("BYE");
  CHECK(bye.to.remote.to_string() == "127.0.0.4:5080");
  std::string last;
  bye.message->for_each(sip::header_id::route, [&](std::string_view one) { last = one; });
  CHECK(last == "<sip:bob@127.0.0.9>");
}

TEST_CASE("the peer ends a call that we placed") {
  node n;
  n.dial(to_bob());
  const auto invite = n.last_sent("INVITE").message;
  n.receive(respond_to(*invite, 200, "b1", peer_contact, offer()));
  peer_request bye;
  bye.method = "BYE";
  bye.body.clear();
  bye.call_id = invite->call_id();
  bye.from = std::string(invite->value(sip::header_id::to)) + ";tag=b1";
  bye.to = invite->value(sip::header_id::from);
  bye.cseq = 7;
  bye.headers = "Reason: Q.850;cause=16\r\n";
  n.receive(bye.text());
  CHECK(n.last_sent().status() == 200);
  CHECK(n.last<call::call_ended>().by == ended_by::remote);
  CHECK(n.last<call::call_ended>().q850_cause == 16);
}

TEST_CASE("refusals by the peer") {
  for (const int status : {302, 404, 486, 503, 603}) {
    INFO(status);
    node n;
    n.dial(to_bob());
    n.receive(respond_to(invite_of(n), 180, "b1"));
    n.receive(respond_to(invite_of(n), status, "b1"));
    CHECK(n.last_sent().method() == sip::method::ack);
    CHECK(n.last_sent().top_via()->branch() == invite_of(n).top_via()->branch());
    CHECK(n.last<call::call_rejected>().status == status);
    CHECK(n.last<call::call_rejected>().reason == sip::standard_reason(status));
    CHECK(n.last<call::call_rejected>().rule == "remote");
    CHECK(n.events<call::call_ended>().empty());
    n.advance(seconds(80));
    CHECK(n.is_clean());
  }
}

TEST_CASE("nobody answers at all: timer B") {
  node n;
  auto request = to_bob();
  request.answer_timeout = seconds(60);
  n.dial(request);
  n.advance_to(time_point(milliseconds(31999)));
  CHECK(n.times_of("INVITE") == std::vector<std::int64_t>{0, 500, 1500, 3500, 7500, 15500, 31500});
  CHECK(n.events<call::call_ended>().empty());
  n.advance_to(time_point(seconds(32)));
  CHECK(n.last<call::call_ended>().by == ended_by::timeout);
  CHECK(n.last<call::call_ended>().reason == "no_response");
  CHECK(n.is_clean());
}

TEST_CASE("no answer in time: CANCEL, call_ended by timeout") {
  node n;
  auto request = to_bob();
  request.answer_timeout = seconds(5);
  n.dial(request);
  const auto invite = n.last_sent("INVITE").message;
  n.receive(respond_to(*invite, 180, "b1"));
  n.advance_to(time_point(milliseconds(4999)));
  CHECK(n.times_of("CANCEL").empty());
  n.advance_to(time_point(seconds(5)));
  CHECK(n.times_of("CANCEL") == std::vector<std::int64_t>{5000});
  const sip::message& cancel = n.last_sent();
  CHECK(cancel.request_uri() == invite->request_uri());
  CHECK(cancel.top_via()->branch() == invite->top_via()->branch());
  CHECK(n.events<call::call_ended>().empty());
  SECTION("487") {
    n.receive(respond_to(cancel, 200, "b1"));
    n.receive(respond_to(*invite, 487, "b1"));
  }
  SECTION("nothing any more: 64*T1 after the CANCEL") {
    n.advance_to(time_point(milliseconds(36999)));
    CHECK(n.events<call::call_ended>().empty());
    n.advance_to(time_point(seconds(37)));
  }
  CHECK(n.last<call::call_ended>().by == ended_by::timeout);
  CHECK(n.last<call::call_ended>().reason == "no_answer");
  n.advance(seconds(80));
  CHECK(n.is_clean());
  CHECK(n.events<call::call_ended>().size() == 1);
}

TEST_CASE("given up before anything came: the call ends at once, the INVITE goes on quietly") {
  node n;
  n.dial(to_bob());
  const auto invite = n.last_sent("INVITE").message;
  n.advance(milliseconds(100));
  CHECK(n.hang_up("interrupted"));
  CHECK_FALSE(n.hang_up("again"));
  CHECK(n.times_of("CANCEL").empty());  // 9.1: not before a provisional
  CHECK(n.last<call::call_ended>().by == ended_by::local);
  CHECK(n.last<call::call_ended>().reason == "interrupted");
  CHECK(n.endpoint().calls() == 0);
  CHECK(n.endpoint().unanswered_byes() == 1);  // a process that stops allows for its answer
  CHECK(n.ports_out.empty());
  n.advance(milliseconds(100));
  SECTION("a late provisional gets its CANCEL, once") {
    n.receive(respond_to(*invite, 100, ""));
    n.receive(respond_to(*invite, 180, "b1"));
    CHECK(n.times_of("CANCEL") == std::vector<std::int64_t>{200});
    CHECK(n.endpoint().unanswered_byes() == 1);
    n.receive(respond_to(*invite, 487, "b1"));
    CHECK(n.last_sent().method() == sip::method::ack);
    CHECK(n.endpoint().unanswered_byes() == 0);
  }
  SECTION("a late 2xx is confirmed and ended") {
    const auto ok = respond_to(*invite, 200, "b1", peer_contact, offer());
    n.sent.clear();
    n.receive(ok);
    CHECK(n.ladder() == std::vector<std::string>{"ACK", "BYE"});
    n.receive(respond_to(n.last_sent(), 200, ""));
    n.receive(ok);
    CHECK(n.ladder() == std::vector<std::string>{"ACK", "BYE", "ACK"});
  }
  SECTION("a late challenge or redirection is not followed") {
    n.receive(respond_to(*invite, 302, "b1", "Contact: <sip:carol@127.0.0.3>\r\n"));
    CHECK(n.times_of("INVITE").size() == 1);
  }
  SECTION("nothing ever") {
    n.advance_to(time_point(milliseconds(31999)));
    CHECK(n.endpoint().transactions() == 1);
  }
  CHECK(n.events<call::call_ended>().size() == 1);
  CHECK(n.events<call::call_ringing>().empty());
  CHECK(n.events<call::call_rejected>().empty());
  n.advance(seconds(80));
  CHECK(n.endpoint().unanswered_byes() == 0);
  CHECK(n.is_clean());
}

TEST_CASE("no answer in time from a silent peer: the call ends to the millisecond") {
  node n;
  auto request = to_bob();
  request.answer_timeout = seconds(1);
  n.dial(request);
  n.advance_to(time_point(milliseconds(999)));
  CHECK(n.events<call::call_ended>().empty());
  n.advance_to(time_point(seconds(1)));
  CHECK(n.last<call::call_ended>().by == ended_by::timeout);
  CHECK(n.last<call::call_ended>().reason == "no_answer");
  n.advance(seconds(80));
  CHECK(n.times_of("CANCEL").empty());
  CHECK(n.is_clean());
}

TEST_CASE("a CANCEL that crosses the 200: ACK, then BYE") {
  node n;
  n.dial(to_bob());
  const auto invite = n.last_sent("INVITE").message;
  n.receive(respond_to(*invite, 180, "b1"));
  n.hang_up("interrupted");
  n.sent.clear();
  n.receive(respond_to(*invite, 200, "b1", peer_contact, offer()));
  CHECK(n.ladder() == std::vector<std::string>{"ACK", "BYE"});
  CHECK(n.last<call::call_ended>().reason == "interrupted");
  CHECK(n.opened.empty());
  CHECK(n.ports_out.empty());
  n.receive(respond_to(n.last_sent(), 200, ""));
  n.advance(seconds(80));
  CHECK(n.is_clean());
}

TEST_CASE("a late offer in a 2xx that comes too late is answered all the same, then BYE") {
  node n;
  call::dial_request r = to_bob();
  r.late_offer = true;
  n.dial(r);
  const auto invite = n.last_sent("INVITE").message;
  const bool rings = GENERATE(true, false);
  if (rings) n.receive(respond_to(*invite, 180, "b1"));
  n.hang_up("interrupted");  // where nothing has come yet, the call is over here
  n.sent.clear();
  n.receive(respond_to(*invite, 200, "b1", peer_contact, offer()));
  CHECK(n.times_of("ACK").size() == 1);
  const auto ack = n.last_sent("ACK").message;
  CHECK(ack->body().find("m=audio ") != std::string::npos);
  CHECK(n.last_sent().method() == sip::method::bye);
  CHECK(n.last<call::call_ended>().reason == "interrupted");
  CHECK(n.opened.empty());
  n.receive(respond_to(n.last_sent(), 200, ""));
  n.advance(seconds(80));
  CHECK(n.is_clean());
}

TEST_CASE("a call that has no way to its peer says who calls all the same") {
  node n;
  auto request = to_bob();
  request.target = "sip:bob@nowhere.test:5070";
  SECTION("nobody") {
    n.dial(request);
    n.resolved({});
    CHECK(n.last<call::call_outgoing>().info.from_uri == "sip:sipvoice@anonymous.invalid");
  }
  SECTION("somebody") {
    request.from = "sip:alice@example.com";
    n.dial(request);
    n.resolved({});
    CHECK(n.last<call::call_outgoing>().info.from_uri == request.from);
  }
  CHECK(n.last<call::call_ended>().by == ended_by::error);
}

TEST_CASE("a 2xx of another fork is confirmed and ended") {
  node n;
  n.dial(to_bob());
  const auto invite = n.last_sent("INVITE").message;
  n.receive(respond_to(*invite, 200, "b1", peer_contact, offer()));
  n.sent.clear();
  const std::string second =
      respond_to(*invite, 200, "b2", "Contact: <sip:bob@127.0.0.9:5071>\r\n", offer());
  n.receive(second);
  CHECK(n.ladder() == std::vector<std::string>{"ACK", "BYE"});
  CHECK(n.sent[0].to.remote.to_string() == "127.0.0.9:5071");
  CHECK(tag_of_to(*n.sent[1].message) == "b2");
  n.receive(second);
  CHECK(n.ladder() == std::vector<std::string>{"ACK", "BYE", "ACK"});
  CHECK(n.events<call::call_answered>().size() == 1);
  CHECK(n.events<call::call_ended>().empty());
  CHECK(n.endpoint().calls() == 1);
}

TEST_CASE("early media from a 183") {
  node n;
  n.dial(to_bob());
  const auto invite = n.last_sent("INVITE").message;
  n.receive(respond_to(*invite, 183, "b1", {}, offer("0")));
  CHECK(n.last<call::call_ringing>().status == 183);
  REQUIRE(n.opened.size() == 1);
  CHECK(n.last<call::call_early_media>().media == n.opened[0].id);
  SECTION("the same answer in the 200") {
    n.receive(respond_to(*invite, 200, "b1", peer_contact, offer("0")));
    CHECK(n.changed.empty());
    CHECK(n.last<call::call_answered>().media == n.opened[0].id);
  }
  SECTION("none in the 200 of the same fork") {
    n.receive(respond_to(*invite, 200, "b1", peer_contact));
    CHECK(n.last<call::call_answered>().media == n.opened[0].id);
  }
  SECTION("another one of another fork") {
    n.receive(respond_to(*invite, 200, "b2", peer_contact, offer("8", "", "127.0.0.7", 4800)));
    REQUIRE(n.changed.size() == 1);
    CHECK(n.changed[0].parameters.remote_rtp.to_string() == "127.0.0.7:4800");
  }
  SECTION("a refusal closes it") {
    n.receive(respond_to(*invite, 486, "b1"));
    CHECK(n.closed.size() == 1);
    CHECK(n.last<call::call_rejected>().status == 486);
  }
}

TEST_CASE("a 2xx without a usable answer: ACK, then BYE") {
  for (const std::string& body :
       {std::string(), offer("18"), std::string("rubbish"), offer("0", "", "224.0.0.1"),
        offer("0", "", "255.255.255.255"), offer("0", "", "127.0.0.2", 70000),
        offer("0", "", "127.0.0.2", 0)}) {
    INFO(body);
    node n;
    n.dial(to_bob());
    const auto invite = n.last_sent("INVITE").message;
    n.sent.clear();
    n.receive(respond_to(*invite, 200, "b1", peer_contact, body));
    CHECK(n.ladder() == std::vector<std::string>{"ACK", "BYE"});
    CHECK(n.last<call::call_ended>().by == ended_by::error);
    CHECK(n.last<call::call_ended>().reason == "bad_answer");
    CHECK(n.opened.empty());
    CHECK(n.ports_out.empty());
  }
}

TEST_CASE("a 2xx whose route or Contact cannot be read: ACK, then BYE") {
  struct row {
    std::string headers;
    const char* uri;  ///< of ACK and BYE
    const char* why;
  };
  std::string many = peer_contact;
  for (int i = 0; i <= 64; ++i) many += "Record-Route: <sip:127.0.0.4;lr>\r\n";
  const std::vector<row> rows{
      {"Record-Route: <sip:127.0.0.4\r\nContact: <sip:bob@127.0.0.3:5090>\r\n",
       "sip:bob@127.0.0.3:5090", "unreadable Record-Route"},
      {"Record-Route: rubbish\r\n", "sip:bob@127.0.0.2:5070", "unreadable Record-Route"},
      {many, "sip:bob@127.0.0.2:5070", "too many Record-Route values"},
      {"Record-Route: <tel:1>\r\nContact: rubbish <\r\n", "sip:bob@127.0.0.2:5070",
       "unreadable Contact"},
      {"Contact: rubbish <\r\n", "sip:bob@127.0.0.2:5070", "unreadable Contact"}};
  for (const row& r : rows) {
    INFO(r.headers);
    node n;
    n.dial(to_bob());
    const auto invite = n.last_sent("INVITE").message;
    n.sent.clear();
    const auto ok = respond_to(*invite, 200, "b1", r.headers, offer());
    n.receive(ok);
    CHECK(n.ladder() == std::vector<std::string>{"ACK", "BYE"});
    CHECK(n.last_sent("ACK").message->request_uri() == r.uri);
    CHECK(n.last_sent("ACK").message->to()->tag() == "b1");
    CHECK(n.last_sent("BYE").message->request_uri() == r.uri);
    CHECK(n.events<call::call_answered>().empty());
    CHECK(n.last<call::call_ended>().by == ended_by::error);
    CHECK(n.last<call::call_ended>().reason == "bad_answer");
    CHECK(n.last<call::call_ended>().detail == r.why);
    n.receive(ok);  // a copy is acknowledged again
    CHECK(n.times_of("ACK").size() == 2);
    n.receive(respond_to(*n.last_sent("BYE").message, 200, ""));
    n.advance(seconds(60));
    CHECK(n.is_clean());
  }
}

TEST_CASE("a 2xx that comes too late, with a route that cannot be read, is ended all the same") {
  node n;
  n.dial(to_bob());
  const auto invite = n.last_sent("INVITE").message;
  n.hang_up();  // nothing has come: it ends at once
  n.sent.clear();
  n.receive(respond_to(*invite, 200, "b1", "Record-Route: rubbish\r\n" + peer_contact, offer()));
  CHECK(n.ladder() == std::vector<std::string>{"ACK", "BYE"});
  CHECK(n.events<call::call_ended>().size() == 1);
}

TEST_CASE("early media to an address that can be nobody's are not opened") {
  for (const char* address : {"224.0.0.1", "255.255.255.255"}) {
    node n;
    n.dial(to_bob());
    const auto invite = n.last_sent("INVITE").message;
    n.receive(respond_to(*invite, 183, "b1", {}, offer("0", "", address)));
    CHECK(n.opened.empty());
    CHECK(n.events<call::call_early_media>().empty());
    n.receive(respond_to(*invite, 200, "b1", peer_contact, offer("0")));
    CHECK(n.opened.at(0).parameters.remote_rtp.to_string() == "127.0.0.2:4000");
  }
}

TEST_CASE("a copy of the 200 is acknowledged again when the call is over, by either side") {
  const bool by_us = GENERATE(true, false);
  node n;
  n.dial(to_bob());
  const auto invite = n.last_sent("INVITE").message;
  const std::string ok = respond_to(*invite, 200, "b1", peer_contact, offer());
  n.receive(ok);
  const std::string ack = n.last_sent("ACK").message->bytes();
  if (by_us) {
    n.hang_up();
    n.receive(respond_to(n.last_sent(), 200, ""));
  } else {
    peer_request bye;
    bye.method = "BYE";
    bye.body.clear();
    bye.call_id = invite->call_id();
    bye.from = std::string(invite->value(sip::header_id::to)) + ";tag=b1";
    bye.to = invite->value(sip::header_id::from);
    n.receive(bye.text());
  }
  CHECK(n.events<call::call_ended>().size() == 1);
  n.sent.clear();
  n.advance(seconds(20));
  n.receive(ok);
  CHECK(n.ladder() == std::vector<std::string>{"ACK"});
  CHECK(n.last_sent().bytes() == ack);
  n.advance(seconds(80));
  CHECK(n.is_clean());
}

TEST_CASE("where an INVITE goes") {
  SECTION("through a proxy") {
    node n;
    auto request = to_bob();
    request.target = "sip:bob@example.com";
    request.proxy = "sip:127.0.0.3:5085";
    n.dial(request);
    CHECK(n.last_sent("INVITE").to.remote.to_string() == "127.0.0.3:5085");
    CHECK(invite_of(n).request_uri() == "sip:bob@example.com");
    CHECK(invite_of(n).value(sip::header_id::route) == "<sip:127.0.0.3:5085;lr>");
    CHECK(n.names_asked.empty());
  }
  SECTION("a name is asked for") {
    node n;
    auto request = to_bob();
    request.target = "sip:bob@example.com:5099";
    n.dial(request);
    REQUIRE(n.names_asked.size() == 1);
    CHECK(n.names_asked[0] == "example.com");
    n.resolved({{*ip_address::parse("::1"), 5099}, {ip_address::v4(127, 0, 0, 9), 5099}});
    CHECK(n.last_sent("INVITE").to.remote.to_string() == "127.0.0.9:5099");
  }
  SECTION("a name that does not exist: the end says which, and what was asked") {
    node n;
    auto request = to_bob();
    request.target = "sip:bob@example.com:5099";
    n.dial(request);
    for (const call::dns_question& q : std::exchange(n.questions, {}))
      n.endpoint().dns_answer(q.id, sip::dns_outcome::no_such_name, n.now());
    n.drain();
    const auto end = n.last<call::call_ended>();
    CHECK(end.by == ended_by::error);
    CHECK(end.reason == "unresolvable");
    CHECK(end.detail == "no such name: example.com (asked for A, AAAA)");
    CHECK(n.sent.empty());
    CHECK(n.is_clean());
  }
  SECTION(
      "nobody is at the first address: at once to the second, and then as if nothing had come") {
    node n;
    auto request = to_bob();
    request.target = "sip:bob@example.com:5099";
    n.dial(request);
    const socket_address first{ip_address::v4(127, 0, 0, 8), 5099};
    const socket_address second{ip_address::v4(127, 0, 0, 9), 5099};
    n.resolved({first, second, {*ip_address::parse("::1"), 5099}});
    REQUIRE(n.times_of("INVITE").size() == 1);
    n.advance(milliseconds(100));
    n.endpoint().peer_unreachable({first.ip, 5060}, n.now());  // of another port
    n.drain();
    CHECK(n.times_of("INVITE").size() == 1);
    n.endpoint().peer_unreachable(first, n.now());
    n.drain();
    CHECK(n.times_of("INVITE") == std::vector<std::int64_t>{0, 100});
    CHECK(n.last_sent("INVITE").to.remote == second);
    n.endpoint().peer_unreachable(second, n.now());  // the last of its family: nowhere else to go
    n.drain();
    n.advance(milliseconds(500));
    CHECK(n.times_of("INVITE") == std::vector<std::int64_t>{0, 100, 600});
    CHECK(n.events<call::call_ended>().empty());
  }
  SECTION("a late answer to a name that nobody waits for") {
    node n;
    auto request = to_bob();
    request.target = "sip:bob@example.com";
    n.dial(request);
    CHECK(n.hang_up("interrupted"));
    n.resolved({peer_address});
    CHECK(n.sent.empty());
    CHECK(n.is_clean());
  }
}

TEST_CASE("calls that never get out have a beginning and an end") {
  struct row {
    const char* what;
    std::function<void(call::dial_request&, node&)> change;
    const char* reason;
  };
  const std::vector<row> rows{
      {"no URI", [](auto& r, auto&) { r.target = "bob"; }, "bad_target"},
      {"a telephone number", [](auto& r, auto&) { r.target = "tel:+123"; }, "bad_target"},
      {"bad From", [](auto& r, auto&) { r.from = "alice"; }, "bad_from"},
      {"bad proxy", [](auto& r, auto&) { r.proxy = "proxy"; }, "bad_proxy"},
      {"SCTP", [](auto& r, auto&) { r.target += ";transport=sctp"; }, "unsupported_transport"},
      {"a header with a line end",
       [](auto& r, auto&) {
         r.headers = {{"X-A", "1\r\nX-B: 2"}};
       },
       "bad_header"},
      {"a header of ours",
       [](auto& r, auto&) {
         r.headers = {{"v", "SIP/2.0/UDP a"}};
       },
       "bad_header"},
      {"no port", [](auto&, node& n) { n.ports_free = false; }, "no_port"},
      {"no listener of that family", [](auto& r, auto&) { r.target = "sip:bob@[::1]"; },
       "unreachable"},
      {"multicast", [](auto& r, auto&) { r.target = "sip:bob@224.0.1.75"; }, "unreachable"},
  };
  for (const row& r : rows) {
    INFO(r.what);
    node n;
    auto request = to_bob();
    r.change(request, n);
    n.dial(request);
    CHECK(n.sent.empty());
    CHECK(n.all_events.size() == 2);
    CHECK(n.events<call::call_outgoing>().size() == 1);
    CHECK(n.last<call::call_ended>().by == ended_by::error);
    CHECK(n.last<call::call_ended>().reason == r.reason);
    const bool no_way =
        r.reason == std::string("unreachable") || r.reason == std::string("unsupported_transport");
    CHECK(n.last<call::call_ended>().detail.empty() != no_way);
    CHECK(n.is_clean());
  }
}
