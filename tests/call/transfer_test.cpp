#include "call/shuttle.hpp"
#include "support/catch.hpp"

using namespace test;
using call::call_transfer;
using call::transfer_state;

namespace {

constexpr const char* carol = "sip:carol@127.0.0.3:5060";

call::endpoint_config allowing(const std::string& uri) {
  call::endpoint_config c;
  c.allow_refer = [uri](const std::string& target) { return target == uri; };
  return c;
}

std::vector<std::string> states(const node& n) {
  std::vector<std::string> l;
  for (const call_transfer& t : n.events<call_transfer>()) {
    const char* names[] = {"trying", "progress", "done", "failed"};
    l.push_back(std::string(names[static_cast<int>(t.state)]) +
                (t.status != 0 ? " " + std::to_string(t.status) : ""));
  }
  return l;
}

/// A NOTIFY of the scripted peer in the dialog of `ok`.
std::string notify(const sip::message& ok, std::uint32_t cseq, const std::string& state,
                   const std::string& fragment, const std::string& event = "refer",
                   const std::string& type = "message/sipfrag;version=2.0") {
  auto r = in_dialog(ok, "NOTIFY", cseq, "z9hG4bK-n" + std::to_string(cseq));
  r.headers = "Event: " + event + "\r\nSubscription-State: " + state + "\r\n";
  r.content_type = type;
  r.body = fragment;
  return r.text();
}

peer_request refer(const sip::message& ok, const std::string& headers, std::uint32_t cseq = 2) {
  auto r = in_dialog(ok, "REFER", cseq, "z9hG4bK-r" + std::to_string(cseq));
  r.headers = headers;
  return r;
}

struct transferor {
  node n;
  std::shared_ptr<const sip::message> ok = establish(n);
  call::call_id id = n.last_call;
  bool start() {
    const bool started = n.endpoint().transfer(id, carol, n.now());
    n.drain();
    return started;
  }
  void accept(int status = 202) {
    n.receive(respond_to(*n.last_sent("REFER").message, status, "x"));
  }
};

}  // namespace

TEST_CASE("a blind transfer: the outcome is the terminal sipfrag, then we hang up") {
  transferor t;
  REQUIRE(t.start());
  const sip::message& sent = *t.n.last_sent("REFER").message;
  CHECK(sent.value(sip::header_id::refer_to) == "<sip:carol@127.0.0.3:5060>");
  CHECK(sent.value(sip::header_id::referred_by) == "<sip:bob@127.0.0.1>");
  CHECK(sent.has(sip::header_id::contact));
  CHECK_FALSE(t.start());  // one at a time
  t.accept();
  CHECK(t.n.events<call::call_ended>().empty());
  t.n.receive(notify(*t.ok, 2, "active;expires=60", "SIP/2.0 100 Trying\r\n"));
  CHECK(t.n.last_sent().status() == 200);
  t.n.receive(notify(*t.ok, 3, "active;expires=60", "SIP/2.0 180 Ringing\r\n"));
  CHECK(t.n.events<call::call_ended>().empty());
  t.n.receive(notify(*t.ok, 4, "terminated;reason=noresource", "SIP/2.0 200 OK\r\n"));
  CHECK(states(t.n) == std::vector<std::string>{"trying", "progress 180", "done 200"});
  CHECK(t.n.last<call::call_ended>().reason == "transferred");
  CHECK(t.n.last<call::call_ended>().by == call::ended_by::local);
  CHECK(t.n.last_sent().method_name() == "BYE");
  t.n.receive(respond_to(t.n.last_sent(), 200, ""));
  t.n.advance(seconds(64));
  CHECK(t.n.is_clean());
}

TEST_CASE("a transfer that fails leaves the call as it was") {
  SECTION("refused") {
    transferor t;
    t.start();
    t.accept(603);
    CHECK(states(t.n) == std::vector<std::string>{"trying", "failed 603"});
    CHECK(t.n.last<call_transfer>().reason == "Decline");
    CHECK(t.start());  // another may follow
  }
  SECTION("the far end does not answer the call") {
    transferor t;
    t.start();
    t.accept();
    t.n.receive(notify(*t.ok, 2, "terminated;reason=noresource", "SIP/2.0 486 Busy Here\r\n"));
    CHECK(states(t.n) == std::vector<std::string>{"trying", "failed 486"});
    CHECK(t.n.last<call_transfer>().reason == "Busy Here");
    t.n.receive(notify(*t.ok, 3, "terminated", "SIP/2.0 200 OK\r\n"));
    CHECK(t.n.last_sent().status() == 481);  // that subscription is over
  }
  SECTION("no NOTIFY within 64*T1") {
    transferor t;
    t.start();
    t.accept();
    t.n.advance(seconds(32) - milliseconds(1));
    CHECK(states(t.n) == std::vector<std::string>{"trying"});
    t.n.advance(milliseconds(1));
    CHECK(states(t.n) == std::vector<std::string>{"trying", "failed"});
    CHECK(t.n.last<call_transfer>().reason == "no_notify");
  }
  SECTION("the subscription ends without a status") {
    transferor t;
    t.start();
    t.accept();
    t.n.receive(notify(*t.ok, 2, "terminated;reason=giveup", "SIP/2.0 100 Trying\r\n"));
    CHECK(t.n.last<call_transfer>().reason == "giveup");
  }
}

TEST_CASE("a peer that hangs up in the middle of its transfer") {
  transferor t;
  t.start();
  t.accept();
  t.n.receive(in_dialog(*t.ok, "BYE", 2, "z9hG4bK-bye").text());
  CHECK(t.n.last<call_transfer>().reason == "call_ended");
  CHECK(t.n.last<call::call_ended>().by == call::ended_by::remote);
}

TEST_CASE("NOTIFYs that are none of ours") {
  node n;
  const auto ok = establish(n);
  struct row {
    const char *event, *type, *body;
    int status;
  };
  std::uint32_t cseq = 2;
  for (const row& r : {row{"refer", "message/sipfrag", "SIP/2.0 200 OK\r\n", 481},
                       row{"presence", "application/pidf+xml", "<x/>", 489},
                       row{"refer;;", "message/sipfrag", "SIP/2.0 200 OK\r\n", 400}}) {
    INFO(r.event);
    n.receive(notify(*ok, cseq++, "active", r.body, r.event, r.type));
    CHECK(n.last_sent().status() == r.status);
  }
  CHECK(n.events<call_transfer>().empty());

  transferor t;
  t.start();
  t.accept();
  const auto number = std::to_string(t.n.last_sent("REFER").message->cseq()->number);
  t.n.receive(notify(*t.ok, 2, "active", "junk"));
  CHECK(t.n.last_sent().status() == 400);
  t.n.receive(notify(*t.ok, 3, "active", "SIP/2.0 200 OK", "refer", "text/plain"));
  CHECK(t.n.last_sent().status() == 415);
  CHECK(t.n.last_sent().value(sip::header_id::accept) == "message/sipfrag");
  t.n.receive(notify(*t.ok, 4, "active", "SIP/2.0 200 OK", "refer;id=99"));
  CHECK(t.n.last_sent().status() == 481);
  t.n.receive(notify(*t.ok, 5, "active", "SIP/2.0 200 OK", "refer;id=" + number));
  CHECK(states(t.n) == std::vector<std::string>{"trying", "done 200"});
}

TEST_CASE("requests about transfers outside a dialog") {
  struct row {
    const char *method, *headers;
    int status;
  };
  for (const row& r : {row{"REFER", "Refer-To: <sip:x@127.0.0.3>\r\n", 603},
                       row{"NOTIFY", "Event: refer\r\nSubscription-State: active\r\n", 481},
                       row{"NOTIFY", "Event: presence\r\nSubscription-State: active\r\n", 489},
                       row{"INFO", "", 481}, row{"SUBSCRIBE", "Event: refer\r\n", 405}}) {
    INFO(r.method);
    node n(allowing("sip:x@127.0.0.3"));
    peer_request request;
    request.method = r.method;
    request.headers = r.headers;
    request.body.clear();
    n.receive(request.text());
    CHECK(n.last_sent().status() == r.status);
    CHECK(n.all_events.empty());
  }
}

TEST_CASE("a REFER that is refused calls nobody") {
  struct row {
    const char* headers;
    int status;
  };
  for (const row& r :
       {row{"", 400}, row{"Refer-To: <sip:a@h>, <sip:b@h>\r\n", 400},
        row{"Refer-To: <sip:a@h>\r\nr: <sip:b@h>\r\n", 400}, row{"Refer-To: <nothing\r\n", 400},
        row{"Refer-To: <tel:+123>\r\n", 416}, row{"Refer-To: <https://example.com>\r\n", 416},
        row{"Refer-To: <sip:else@127.0.0.3>\r\n", 603},
        row{"Refer-To: <sip:carol@127.0.0.3:5060;method=BYE>\r\n", 603},
        row{"Refer-To: <sip:carol@127.0.0.3:5060?Replaces=x>\r\n", 400}}) {
    INFO(r.headers);
    node n(allowing(carol));
    const auto ok = establish(n);
    n.receive(refer(*ok, r.headers).text());
    CHECK(n.last_sent().status() == r.status);
    CHECK(n.ports_asked.size() == 1);
    CHECK(n.events<call_transfer>().empty());
  }
  node n;  // nothing is allowed unless it is said
  n.receive(refer(*establish(n), "Refer-To: <" + std::string(carol) + ">\r\n").text());
  CHECK(n.last_sent().status() == 603);
}

TEST_CASE("an allowed REFER: 202, NOTIFY 100 at once, a call, NOTIFYs, and its end") {
  node n(allowing(carol));
  const auto ok = establish(n);
  const auto old = n.last_call;
  n.receive(refer(*ok, "Refer-To: <" + std::string(carol) + ">\r\n").text());
  const auto first = n.last_sent("NOTIFY").message;
  CHECK(n.last_sent("202").message->has(sip::header_id::contact));
  CHECK(first->value(sip::header_id::event) == "refer");
  CHECK(first->value(sip::header_id::subscription_state) == "active;expires=120");
  CHECK(first->body() == "SIP/2.0 100 Trying\r\n");
  const auto invite = n.last_sent("INVITE").message;
  CHECK(invite->request_uri() == carol);
  CHECK(invite->value(sip::header_id::referred_by) == "<sip:alice@127.0.0.2>");
  CHECK(n.last<call::call_outgoing>().info.referrer == old);
  // A second one has to wait.
  n.receive(refer(*ok, "Refer-To: <" + std::string(carol) + ">\r\n", 3).text());
  CHECK(n.last_sent().status() == 491);

  n.receive(respond_to(*invite, 180, "c1"));
  CHECK(n.times_of("NOTIFY").size() == 1);  // the first has no answer yet
  n.receive(respond_to(*first, 200, ""));
  CHECK(n.last_sent("NOTIFY").message->body() == "SIP/2.0 180 Ringing\r\n");
  n.receive(respond_to(*n.last_sent("NOTIFY").message, 200, ""));

  SECTION("refused: this call goes on") {
    n.receive(respond_to(*invite, 486, "c1"));
    const auto last = n.last_sent("NOTIFY").message;
    CHECK(last->value(sip::header_id::subscription_state) == "terminated;reason=noresource");
    CHECK(last->body() == "SIP/2.0 486 Busy Here\r\n");
    n.receive(respond_to(*last, 200, ""));
    CHECK(states(n) == std::vector<std::string>{"trying", "progress 180", "failed 486"});
    CHECK(n.events<call::call_ended>().empty());
    n.receive(refer(*ok, "Refer-To: <" + std::string(carol) + ">\r\n", 4).text());
    CHECK(n.last_sent("NOTIFY").message->value(sip::header_id::event) == "refer;id=4");
  }
  SECTION("answered: the referrer is to end this call, else we do after 64*T1") {
    n.receive(respond_to(*invite, 200, "c1", "Contact: <sip:carol@127.0.0.3:5060>\r\n",
                         offer("0", "", "127.0.0.3")));
    const auto last = n.last_sent("NOTIFY").message;
    CHECK(last->body() == "SIP/2.0 200 OK\r\n");
    n.receive(respond_to(*last, 200, ""));
    CHECK(states(n).back() == "done 200");
    n.advance(seconds(32) - milliseconds(1));
    CHECK(n.events<call::call_ended>().empty());
    n.advance(milliseconds(1));
    CHECK(n.last<call::call_ended>().id == old);
    CHECK(n.last<call::call_ended>().reason == "transferred");
  }
  SECTION("the referrer hangs up at once: the new call goes on") {
    n.receive(in_dialog(*ok, "BYE", 5, "z9hG4bK-bye").text());
    n.receive(respond_to(*invite, 200, "c1", "Contact: <sip:carol@127.0.0.3:5060>\r\n",
                         offer("0", "", "127.0.0.3")));
    CHECK(n.events<call::call_answered>().size() == 2);
    CHECK(n.times_of("NOTIFY").size() == 2);
    CHECK(n.events<call::call_ended>().size() == 1);
  }
}

TEST_CASE("Refer-Sub: false wants no NOTIFYs") {
  node n(allowing(carol));
  const auto ok = establish(n);
  n.receive(refer(*ok, "Refer-Sub: false\r\nRefer-To: <" + std::string(carol) + ">\r\n").text());
  CHECK(n.last_sent("202").message->value(sip::header_id::refer_sub) == "false");
  CHECK(n.times_of("NOTIFY").empty());
  CHECK(n.last_sent().method_name() == "INVITE");
}

TEST_CASE("three parties, a blind transfer, and nothing is left") {
  shuttle s;
  node& alice = s.add();
  node& bob = s.add(allowing("sip:user2@127.0.0.3"));
  node& carol_ = s.add();
  const auto a = alice.dial({shuttle::uri(1), {}, {}, {}});
  s.carry();
  bob.answer();
  s.carry();
  REQUIRE(alice.events<call::call_answered>().size() == 1);
  REQUIRE(alice.endpoint().transfer(a, shuttle::uri(2), alice.now()));
  alice.drain();
  s.carry();
  carol_.answer();
  s.carry();
  CHECK(states(alice) == std::vector<std::string>{"trying", "done 200"});
  CHECK(alice.last<call::call_ended>().reason == "transferred");
  CHECK(bob.events<call::call_ended>().size() == 1);
  CHECK(bob.events<call::call_answered>().size() == 2);
  CHECK(carol_.events<call::call_answered>().size() == 1);
  bob.hang_up();
  s.advance(seconds(100));
  CHECK(alice.is_clean());
  CHECK(bob.is_clean());
  CHECK(carol_.is_clean());
}

TEST_CASE("three parties, an attended transfer: the call of the middle is replaced") {
  shuttle s;
  node& alice = s.add();
  node& bob = s.add(allowing("sip:127.0.0.3:5060"));
  node& carol_ = s.add();
  const auto to_bob = alice.dial({shuttle::uri(1), {}, {}, {}});
  s.carry();
  bob.answer();
  const auto to_carol = alice.dial({shuttle::uri(2), {}, {}, {}});
  s.carry();
  carol_.answer();
  s.carry();
  REQUIRE(alice.events<call::call_answered>().size() == 2);
  CHECK_FALSE(alice.endpoint().transfer_to_call(to_bob, to_bob, alice.now()));
  REQUIRE(alice.endpoint().transfer_to_call(to_bob, to_carol, alice.now()));
  alice.drain();
  s.carry();
  CHECK(states(alice).back() == "done 200");
  CHECK(alice.events<call::call_ended>().size() == 2);
  CHECK(carol_.events<call::call_answered>().size() == 2);
  CHECK(carol_.last<call::call_ended>().reason == "replaced");
  CHECK(carol_.events<call::call_incoming>().back().info.replaces ==
        carol_.events<call::call_incoming>().front().info.id);
  CHECK(bob.events<call::call_answered>().size() == 2);
  CHECK(alice.endpoint().calls() == 0);
  CHECK(bob.endpoint().calls() == 1);
  CHECK(carol_.endpoint().calls() == 1);
}

TEST_CASE("a peer that we hold is resumed when its transfer has failed") {
  transferor t;
  REQUIRE(t.n.endpoint().hold(t.id, t.n.now()));
  t.n.drain();
  const auto agree = [&](const char* direction, int version) {
    const auto& offered = t.n.last_sent("INVITE").message;
    t.n.receive(
        respond_to(*offered, 200, "", "Contact: <sip:alice@127.0.0.2:5070>\r\n",
                   offer("0", std::string("a=") + direction + "\r\n", "127.0.0.2", 4000, version)));
  };
  agree("recvonly", 2);
  REQUIRE(t.n.last<call::call_held>().on_hold);
  REQUIRE(t.start());
  t.accept();
  SECTION("refused there: one re-INVITE at once") {
    const auto before = t.n.times_of("INVITE").size();
    t.n.advance(seconds(3));
    t.n.receive(notify(*t.ok, 2, "terminated;reason=noresource", "SIP/2.0 486 Busy Here\r\n"));
    REQUIRE(states(t.n).back() == "failed 486");
    CHECK(t.n.times_of("INVITE").size() == before + 1);
    CHECK(t.n.times_of("INVITE").back() == 3000);
    CHECK(t.n.last_sent("INVITE").message->body().find("a=sendrecv") != std::string::npos);
    agree("sendrecv", 3);
    CHECK_FALSE(t.n.last<call::call_held>().on_hold);
    CHECK(t.n.last<call::call_held>().by == call::ended_by::local);
    CHECK(t.n.events<call::call_ended>().empty());
    // The next failure finds nobody on hold.
    REQUIRE(t.start());
    t.accept(603);
    CHECK(states(t.n).back() == "failed 603");
    CHECK(t.n.times_of("INVITE").size() == before + 1);
  }
  SECTION("resumed by the application meanwhile: nothing more") {
    REQUIRE(t.n.endpoint().resume(t.id, t.n.now()));
    t.n.drain();
    agree("sendrecv", 3);
    const auto before = t.n.times_of("INVITE").size();
    t.n.receive(notify(*t.ok, 2, "terminated;reason=noresource", "SIP/2.0 486 Busy Here\r\n"));
    CHECK(t.n.times_of("INVITE").size() == before);
  }
  SECTION("connected there: only the BYE") {
    const auto before = t.n.times_of("INVITE").size();
    t.n.receive(notify(*t.ok, 2, "terminated;reason=noresource", "SIP/2.0 200 OK\r\n"));
    CHECK(t.n.times_of("INVITE").size() == before);
    CHECK(t.n.last_sent().method_name() == "BYE");
  }
  SECTION("hung up meanwhile") {
    const auto before = t.n.times_of("INVITE").size();
    t.n.receive(in_dialog(*t.ok, "BYE", 2, "z9hG4bK-bye").text());
    CHECK(states(t.n).back() == "failed");
    CHECK(t.n.times_of("INVITE").size() == before);
  }
}
