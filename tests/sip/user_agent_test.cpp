// The user agent by direct calls on a virtual clock: what it answers by itself, what it passes up,
// and when it repeats.
#include "sipvoice/sip/user_agent.hpp"

#include <deque>

#include "sipvoice/base/text.hpp"
#include "support/catch.hpp"

namespace {

using namespace sipvoice;
using namespace sipvoice::sip;
using std::chrono::milliseconds;

time_point at(std::int64_t ms) { return time_point{} + milliseconds(ms); }
std::int64_t ms_of(time_point t) { return t == never ? -1 : to_ms(t - time_point{}); }

const ip_address local = ip_address::v4(127, 0, 0, 1);
const socket_address peer_address{ip_address::v4(192, 0, 2, 7), 40000};
const hop udp_peer{flow_id{3}, transport::udp, peer_address};
const hop tcp_peer{flow_id{4}, transport::tcp, peer_address};

struct parts {
  std::string method = "INVITE";
  std::string uri = "sip:bob@example.com";
  std::string version = "SIP/2.0";
  std::string via = "SIP/2.0/UDP pc33.example.com;branch=z9hG4bK1;rport";
  std::string from = "<sip:alice@example.com>;tag=a1";
  std::string to = "<sip:bob@example.com>";
  std::string call_id = "call-1";
  std::string cseq = "";  // number and method; empty: "1 METHOD"
  std::string extra = "";
};

std::string text(const parts& p) {
  const std::string cseq = p.cseq.empty() ? "1 " + p.method : p.cseq;
  return p.method + " " + p.uri + " " + p.version + "\r\nVia: " + p.via + "\r\nFrom: " + p.from +
         "\r\nTo: " + p.to + "\r\nCall-ID: " + p.call_id + "\r\nCSeq: " + cseq +
         "\r\nMax-Forwards: 70\r\n" + p.extra + "Content-Length: 0\r\n\r\n";
}

// A user agent and what came out of it, taken one by one.
struct rig {
  explicit rig(user_agent_config config = {}) : ua(std::move(config), random) {}
  seeded_random random{1};
  user_agent ua;
  time_point now{};
  std::deque<user_agent_output> out;

  void drain() {
    while (auto one = ua.poll()) out.push_back(std::move(*one));
  }
  void receive(std::string bytes, const hop& from = udp_peer) {
    ua.receive(from, local, std::move(bytes), now);
    drain();
  }
  void respond(server_tx tx, int status, const message& request, std::string_view tag) {
    ua.respond(tx, status,
               message_builder::response_to(request, status, peer_address, tag).finish(), now);
    drain();
  }
  void advance(std::int64_t ms) {
    const time_point until = at(ms);
    while (ua.next_deadline() <= until) {
      now = ua.next_deadline();
      ua.handle_timeout(now);
      drain();
    }
    now = until;
  }
  template <class T>
  T take() {
    REQUIRE_FALSE(out.empty());
    REQUIRE(std::holds_alternative<T>(out.front()));
    T one = std::get<T>(std::move(out.front()));
    out.pop_front();
    return one;
  }
  message take_message(const hop& to = udp_peer) {
    auto sent = take<transmit>();
    CHECK(sent.to == to);
    return message::parse(std::move(sent.bytes)).value();
  }
  // INVITE up to its request_received; the 100 is checked and taken.
  request_received invite(const parts& p = {}, const hop& from = udp_peer) {
    receive(text(p), from);
    CHECK(message::parse(take<transmit>().bytes).value().status() == 100);
    return take<request_received>();
  }
};

std::string tag_of(const message& m) { return std::string(m.to().value().tag()); }

// --- server side

TEST_CASE("INVITE: 100 at once, responses, the ACK to a 2xx, and the end by timer L") {
  rig r;
  r.receive(text({}));
  const message trying = r.take_message();
  CHECK(trying.status() == 100);
  CHECK(trying.value(header_id::via) ==
        "SIP/2.0/UDP pc33.example.com;branch=z9hG4bK1;rport=40000;received=192.0.2.7");
  CHECK(tag_of(trying).empty());
  const auto got = r.take<request_received>();
  CHECK(got.request->method() == method::invite);
  CHECK(got.from == udp_peer);
  CHECK(got.local == local);
  CHECK(r.out.empty());
  CHECK(r.ua.response_hop(got.tx) == udp_peer);

  r.now = at(100);
  r.respond(got.tx, 180, *got.request, "b1");
  CHECK(r.take_message().status() == 180);
  r.receive(text({}));
  CHECK(r.take_message().status() == 180);
  r.now = at(1000);
  r.respond(got.tx, 200, *got.request, "b1");
  CHECK(r.take_message().status() == 200);
  r.receive(text({}));  // absorbed: its owner repeats the 2xx (RFC 6026)
  CHECK(r.out.empty());
  r.ua.repeat_2xx(got.tx);
  r.drain();
  CHECK(r.take_message().status() == 200);

  r.receive(
      text({.method = "ACK", .via = "SIP/2.0/UDP p;branch=z9hG4bKack", .to = "<sip:b>;tag=b1"}));
  CHECK(r.take<ack_received>().request->method() == method::ack);
  CHECK(r.ua.transactions() == 1);
  CHECK(ms_of(r.ua.next_deadline()) == 33000);
  r.advance(33000);
  CHECK(r.take<server_tx_ended>().tx == got.tx);
  CHECK(r.ua.transactions() == 0);
  CHECK(r.ua.next_deadline() == never);
  CHECK_FALSE(r.ua.response_hop(got.tx));
  r.respond(got.tx, 200, *got.request, "b1");
  CHECK(r.out.empty());
}

TEST_CASE("A failure to an INVITE is repeated until its ACK, which is consumed") {
  rig r;
  const auto got = r.invite();
  r.respond(got.tx, 486, *got.request, "b1");
  CHECK(r.take_message().status() == 486);
  r.advance(1600);
  CHECK(r.take_message().status() == 486);  // 500
  CHECK(r.take_message().status() == 486);  // 1500
  r.receive(text({}));
  CHECK(r.take_message().status() == 486);
  const std::string ack = text({.method = "ACK", .to = "<sip:bob@example.com>;tag=b1"});
  r.receive(ack);
  r.receive(ack);
  r.receive(text({}));
  CHECK(r.out.empty());
  CHECK(ms_of(r.ua.next_deadline()) == 6600);
  r.advance(6600);
  CHECK(r.take<server_tx_ended>().acknowledged);
  CHECK(r.ua.transactions() == 0);
  CHECK(r.ua.counters().retransmissions_sent == 3);
  CHECK(r.ua.counters().retransmissions_received == 2);
}

TEST_CASE("Without an ACK a failure goes out eleven times and the transaction says so") {
  rig r;
  const auto got = r.invite();
  r.respond(got.tx, 603, *got.request, "b1");
  CHECK(r.take_message().status() == 603);
  std::vector<std::int64_t> sent{0};
  while (r.ua.next_deadline() != never) {
    r.advance(ms_of(r.ua.next_deadline()));
    while (!r.out.empty() && std::holds_alternative<transmit>(r.out.front())) {
      sent.push_back(ms_of(r.now));
      r.out.pop_front();
    }
  }
  CHECK(sent == std::vector<std::int64_t>{0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500,
                                          27500, 31500});
  CHECK(ms_of(r.now) == 32000);
  CHECK_FALSE(r.take<server_tx_ended>().acknowledged);
}

TEST_CASE("A request over UDP is answered again for 64*T1, over a stream it is over at once") {
  for (const hop& from : {udp_peer, tcp_peer}) {
    CAPTURE(via_name(from.transport));
    rig r;
    const parts bye{.method = "BYE", .to = "<sip:b>;tag=b1"};
    r.receive(text(bye), from);
    const auto got = r.take<request_received>();
    r.receive(text(bye), from);
    CHECK(r.out.empty());  // no response yet
    r.respond(got.tx, 200, *got.request, "b1");
    // On a stream: the flow, and besides the address to connect to where that is gone.
    hop back = from;
    if (is_reliable(from.transport)) back.remote.port = 5060;
    CHECK(r.take_message(back).status() == 200);
    if (from == tcp_peer) {
      CHECK(r.take<server_tx_ended>().tx == got.tx);
      CHECK(r.ua.transactions() == 0);
      continue;
    }
    r.now = at(31999);
    r.receive(text(bye), from);
    CHECK(r.take_message(from).status() == 200);
    r.advance(32000);
    CHECK(r.take<server_tx_ended>().acknowledged);
  }
}

TEST_CASE("CANCEL before the answer: 200 with the tag of the INVITE's responses, then 487") {
  rig r;
  const auto got = r.invite();
  r.respond(got.tx, 180, *got.request, "b1");
  r.take_message();
  const std::string cancel = text({.method = "CANCEL"});
  r.receive(cancel);
  const message ok = r.take_message();
  CHECK(ok.status() == 200);
  CHECK(tag_of(ok) == "b1");
  CHECK(ok.value(header_id::cseq) == "1 CANCEL");
  const auto told = r.take<cancelled>();
  CHECK(told.invite == got.tx);
  CHECK(told.cancel->method() == method::cancel);
  r.receive(cancel);  // again: the same 200, told once
  CHECK(r.take_message().bytes() == ok.bytes());
  CHECK(r.out.empty());
  r.respond(got.tx, 487, *got.request, "b1");
  CHECK(r.take_message().status() == 487);
  r.receive(text({.method = "ACK", .to = "<sip:bob@example.com>;tag=b1"}));
  CHECK(r.out.empty());
  r.advance(40000);
  CHECK(r.take<server_tx_ended>().tx == got.tx);
  CHECK(r.out.empty());  // nobody hears of the CANCEL's own transaction
  CHECK(r.ua.transactions() == 0);
}

TEST_CASE("CANCEL after the answer changes nothing, CANCEL of nothing is 481") {
  for (const int final : {200, 486}) {
    CAPTURE(final);
    rig r;
    const auto got = r.invite();
    r.respond(got.tx, final, *got.request, "b1");
    r.take_message();
    r.receive(text({.method = "CANCEL"}));
    const message ok = r.take_message();
    CHECK(ok.status() == 200);
    CHECK(tag_of(ok) == "b1");
    CHECK(r.out.empty());
  }
  rig r;
  r.receive(text({.method = "CANCEL"}));
  const message first = r.take_message();
  CHECK(first.status() == 481);
  CHECK_FALSE(tag_of(first).empty());
  CHECK(r.ua.transactions() == 0);
  r.receive(text({.method = "CANCEL"}));
  CHECK(r.take_message().bytes() == first.bytes());
}

TEST_CASE("A copy of an INVITE by another path is 482 while the first one lives") {
  rig r;
  const auto got = r.invite();
  const parts copy{.via = "SIP/2.0/UDP other;branch=z9hG4bK2;rport"};
  parts copy_with_require = copy;
  copy_with_require.via = "SIP/2.0/UDP other;branch=z9hG4bK3;rport";
  copy_with_require.extra = "Require: unknown\r\n";
  r.receive(text(copy));
  CHECK(r.take_message().status() == 482);
  r.receive(text(copy_with_require));
  CHECK(r.take_message().status() == 482);
  CHECK(r.out.empty());
  CHECK(r.ua.counters().merged == 2);

  // A To tag makes it a request of a dialog; another CSeq another request.
  r.receive(text({.via = "SIP/2.0/UDP other;branch=z9hG4bK4;rport", .to = "<sip:b>;tag=b1"}));
  CHECK(r.take_message().status() == 100);
  r.take<request_received>();
  r.receive(text({.via = "SIP/2.0/UDP other;branch=z9hG4bK5;rport", .cseq = "2 INVITE"}));
  CHECK(r.take_message().status() == 100);
  r.take<request_received>();

  r.respond(got.tx, 200, *got.request, "b1");
  r.take_message();
  r.advance(40000);
  r.out.clear();
  r.receive(text({.via = "SIP/2.0/UDP other;branch=z9hG4bK6;rport"}));
  CHECK(r.take_message().status() == 100);
}

TEST_CASE("A copy by another path is 482 whatever its method") {
  for (const char* name : {"OPTIONS", "MESSAGE", "REFER"}) {
    CAPTURE(name);
    rig r;
    r.receive(text({.method = name}));
    const auto got = r.take<request_received>();
    const std::string copy =
        text({.method = name, .via = "SIP/2.0/UDP other;branch=z9hG4bK2;rport"});
    r.receive(copy);
    CHECK(r.take_message().status() == 482);
    r.respond(got.tx, 200, *got.request, "b1");
    CHECK(r.take_message().status() == 200);
    r.receive(copy);
    CHECK(r.take_message().status() == 482);
    CHECK(r.out.empty());
    CHECK(r.ua.counters().merged == 2);
  }
}

TEST_CASE("Require and Proxy-Require of a CANCEL are not looked at (8.2.2.3)") {
  rig r;
  const auto got = r.invite();
  r.receive(text({.method = "CANCEL", .extra = "Require: teleport\r\nProxy-Require: x\r\n"}));
  CHECK(r.take_message().status() == 200);
  CHECK(r.take<cancelled>().invite == got.tx);
  CHECK(r.out.empty());
}

TEST_CASE("What is refused without asking anybody") {
  struct row {
    const char* what;
    parts request;
    int status;
    header_id shows;
    const char* value;
  };
  const char* allow =
      "INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE, REFER, NOTIFY, INFO, MESSAGE";
  const auto none = header_id::other;
  const row rows[] = {
      {"version", {.version = "SIP/3.0"}, 505, none, ""},
      {"version before method", {.method = "FOO", .version = "SIP/3.0"}, 505, none, ""},
      {"CSeq of another method", {.cseq = "1 BYE"}, 400, none, ""},
      {"CSeq too large", {.cseq = "4294967296 INVITE"}, 400, none, ""},
      {"two Call-IDs", {.extra = "i: call-2\r\n"}, 400, none, ""},
      {"syntax before method", {.method = "FOO", .extra = "i: call-2\r\n"}, 400, none, ""},
      {"unknown method", {.method = "FOO"}, 501, header_id::allow, allow},
      {"method in another case", {.method = "invite"}, 501, header_id::allow, allow},
      {"REGISTER", {.method = "REGISTER"}, 405, header_id::allow, allow},
      {"method before scheme",
       {.method = "PUBLISH", .uri = "foo:bar"},
       405,
       header_id::allow,
       allow},
      {"scheme", {.uri = "tel:+12125551212"}, 416, none, ""},
      {"scheme before Require", {.uri = "foo:bar", .extra = "Require: a\r\n"}, 416, none, ""},
      {"Require", {.extra = "Require: 100rel\r\n"}, 420, header_id::unsupported, "100rel"},
      {"Require, several",
       {.extra = "Require: a, TIMER,b\r\nProxy-Require: c\r\nRequire: d\r\n"},
       420,
       header_id::unsupported,
       "a, b, d"},
      {"Require that is no token", {.extra = "Require: \"a\"\r\n"}, 400, none, ""},
      {"OPTIONS with Require",
       {.method = "OPTIONS", .extra = "Require: a\r\n"},
       420,
       header_id::unsupported,
       "a"},
  };
  for (const row& w : rows) {
    CAPTURE(w.what);
    rig r({.supported = {"timer"}, .server_name = "sipvoice"});
    r.receive(text(w.request));
    const message answer = r.take_message();
    CHECK(answer.status() == w.status);
    CHECK(r.out.empty());
    CHECK_FALSE(tag_of(answer).empty());
    CHECK(answer.value(header_id::server) == "sipvoice");
    CHECK(answer.value(header_id::cseq) ==
          (w.request.cseq.empty() ? "1 " + w.request.method : w.request.cseq));
    CHECK(answer.has(header_id::allow) == (w.status == 405 || w.status == 501));
    CHECK(answer.has(header_id::unsupported) == (w.status == 420));
    if (w.shows != none) CHECK(answer.value(w.shows) == w.value);
    // A copy gets the same answer, and the ACK goes no further.
    r.receive(text(w.request));
    CHECK(r.take_message().bytes() == answer.bytes());
    if (w.request.method != "INVITE" || w.request.cseq == "4294967296 INVITE") continue;
    r.receive(text({.method = "ACK", .to = "<sip:bob@example.com>;tag=" + tag_of(answer)}));
    CHECK(r.out.empty());
    r.advance(60000);
    CHECK(r.out.empty());
    CHECK(r.ua.transactions() == 0);
  }
}

TEST_CASE("What is supported in Require passes, and OPTIONS goes up") {
  rig r({.supported = {"timer"}});
  r.receive(text({.method = "OPTIONS", .extra = "Require: Timer\r\n"}));
  CHECK(r.take<request_received>().request->method() == method::options);
}

TEST_CASE("An ACK is never answered") {
  const parts rows[] = {
      {.method = "ACK"},
      {.method = "ACK", .extra = "Require: foo\r\n"},
      {.method = "ACK", .uri = "foo:bar"},
      {.method = "ACK", .version = "SIP/3.0"},
      {.method = "ACK", .cseq = "1 INVITE"},
      {.method = "ACK", .extra = "Call-ID: other\r\n"},
  };
  for (const parts& p : rows) {
    CAPTURE(text(p));
    rig r;
    r.receive(text(p));
    for (const auto& one : r.out) CHECK(std::holds_alternative<ack_received>(one));
    CHECK(r.ua.transactions() == 0);
  }
}

TEST_CASE("Where responses go") {
  struct row {
    const char* via;
    const hop& from;
    int port;  // 0: nothing is sent
  };
  const row rows[] = {
      {"SIP/2.0/UDP h;branch=z9hG4bK1;rport", udp_peer, 40000},
      {"SIP/2.0/UDP h:5070;rport;branch=z9hG4bK1", udp_peer, 40000},
      {"SIP/2.0/UDP h;branch=z9hG4bK1", udp_peer, 5060},
      {"SIP/2.0/UDP h:5070;branch=z9hG4bK1", udp_peer, 5070},
      {"SIP/2.0/UDP [2001:db8::1]:5071;branch=z9hG4bK1", udp_peer, 5071},
      {"SIP/2.0/UDP h:5070;branch=z9hG4bK1;maddr=10.9.9.9;received=10.8.8.8", udp_peer, 5070},
      {"SIP/2.0/TCP h:5070;branch=z9hG4bK1", tcp_peer, 5070},
      {"SIP/2.0/TCP h;branch=z9hG4bK1", tcp_peer, 5060},
      {"SIP/2.0/UDP h:5070;;,;,,", udp_peer, 5070},
      {"SIP/2.0/UDP h;;rport;;", udp_peer, 40000},
      {"SIP/2.0/UDP [2001:db8::1]:5071;=", udp_peer, 5071},
      {"SIP/2.0/UDP h:99999;branch=z9hG4bK1", udp_peer, 5060},
      {"nonsense", udp_peer, 0},
      {"SIP/2.0/UDP", udp_peer, 0},
      {"", udp_peer, 0},
  };
  for (const row& w : rows) {
    CAPTURE(w.via);
    rig r;
    r.receive(text({.method = "FOO", .via = w.via}), w.from);
    if (w.port == 0) {
      CHECK(r.out.empty());
      CHECK(r.ua.counters().malformed == 1);
      continue;
    }
    hop expected = w.from;
    expected.remote.port = static_cast<std::uint16_t>(w.port);
    const auto sent = r.take<transmit>();
    CHECK(sent.to == expected);
    CHECK(r.out.empty());
  }
}

TEST_CASE("A request without mandatory headers is 400 with what there is") {
  rig r;
  r.receive(
      "INVITE sip:user@example.com SIP/2.0\r\nCSeq: 193942 INVITE\r\n"
      "Via: SIP/2.0/UDP 192.0.2.95;branch=z9hG4bKkdj.insuf\r\nl: 0\r\n\r\n");
  const auto sent = r.take<transmit>();
  const message answer = message::parse(sent.bytes).value();
  CHECK(answer.status() == 400);
  CHECK(answer.value(header_id::cseq) == "193942 INVITE");
  CHECK_FALSE(answer.has(header_id::to));
  CHECK(r.ua.transactions() == 0);
}

TEST_CASE("RFC 2543 peers: no branch, matched by everything else") {
  const std::string via = "SIP/2.0/UDP old.example.com;rport";
  rig r;
  const auto got = r.invite({.via = via});
  r.respond(got.tx, 180, *got.request, "b1");
  r.take_message();
  r.receive(text({.via = via}));
  CHECK(r.take_message().status() == 180);
  SECTION("another CSeq is another request") {
    r.invite({.via = via, .cseq = "2 INVITE"});
    CHECK(r.ua.transactions() == 2);
  }
  SECTION("CANCEL") {
    r.receive(text({.method = "CANCEL", .via = via}));
    CHECK(r.take_message().status() == 200);
    CHECK(r.take<cancelled>().invite == got.tx);
  }
  SECTION("ACK to a failure") {
    r.respond(got.tx, 486, *got.request, "b1");
    r.take_message();
    r.receive(text({.method = "ACK", .via = via, .to = "<sip:bob@example.com>;tag=other"}));
    CHECK(r.take<ack_received>().request->method() == method::ack);
    r.receive(text({.method = "ACK", .via = via, .to = "<sip:bob@example.com>;tag=b1"}));
    CHECK(r.out.empty());
    r.advance(5000);
    CHECK(r.take<server_tx_ended>().acknowledged);
  }
  SECTION("ACK to a 2xx") {
    r.respond(got.tx, 200, *got.request, "b1");
    r.take_message();
    r.receive(text({.method = "ACK", .via = via, .to = "<sip:bob@example.com>;tag=b1"}));
    CHECK(r.take<ack_received>().request->method() == method::ack);
  }
}

TEST_CASE("Beyond the bound: 503 with Retry-After and no state, until there is room") {
  rig r({.max_server_transactions = 2});
  const auto got = r.invite({.call_id = "c1"});
  r.invite({.via = "SIP/2.0/UDP p;branch=z9hG4bK2;rport", .call_id = "c2"});
  const parts third{.via = "SIP/2.0/UDP p;branch=z9hG4bK3;rport", .call_id = "c3"};
  r.receive(text(third));
  const message busy = r.take_message();
  CHECK(busy.status() == 503);
  CHECK(busy.value(header_id::retry_after) == "5");
  CHECK(r.out.empty());
  CHECK(r.ua.transactions() == 2);
  CHECK(r.ua.counters().overloaded == 1);
  // The ACK to the 503, and a refusal and a CANCEL in the same straits.
  parts ack = third;
  ack.method = "ACK";
  ack.to += ";tag=" + tag_of(busy);
  r.receive(text(ack));
  CHECK(r.out.empty());
  r.receive(text({.method = "REGISTER", .via = "SIP/2.0/UDP p;branch=z9hG4bK4;rport"}));
  CHECK(r.take_message().status() == 405);
  r.receive(text({.method = "CANCEL", .call_id = "c1"}));
  CHECK(r.take_message().status() == 200);
  CHECK(r.take<cancelled>().invite == got.tx);
  CHECK(r.ua.transactions() == 2);

  r.respond(got.tx, 487, *got.request, "b1");
  r.take_message();
  r.receive(text({.method = "ACK", .call_id = "c1"}));
  r.advance(5000);
  r.out.clear();
  CHECK(r.invite(third).request->call_id() == "c3");
}

TEST_CASE("Beyond the bytes that transactions may keep: 503, small ones after large ones") {
  rig r({.max_server_bytes = 100'000});
  const auto numbered = [](const std::string& n, std::string extra) {
    return parts{.via = "SIP/2.0/UDP p;branch=z9hG4bK" + n + ";rport",
                 .call_id = "c" + n,
                 .extra = std::move(extra)};
  };
  const auto refused = [&r](const parts& p) {
    r.receive(text(p));
    const message busy = r.take_message();
    CHECK(busy.status() == 503);
    CHECK(busy.value(header_id::retry_after) == "5");
    CHECK(r.out.empty());
  };
  const std::string ignored = "X-Long: " + std::string(20'000, 'x') + "\r\n";
  const std::string copied = "Record-Route: <sip:p;lr;x=" + std::string(20'000, 'x') + ">\r\n";
  const auto first = r.invite(numbered("1", ignored));
  const auto second = r.invite(numbered("2", copied));
  refused(numbered("3", ignored));
  const auto small = r.invite(numbered("4", {}));
  CHECK(r.ua.counters().overloaded == 1);

  // An answer takes the place of its request: a short one makes room, a long one does not.
  r.respond(first.tx, 486, *first.request, "b");
  r.take_message();
  const auto third = r.invite(numbered("5", copied));
  r.respond(third.tx, 200, *third.request, "b");
  r.take_message();
  refused(numbered("6", ignored));

  // Small ones get the rest, up to the last byte.
  std::vector<request_received> more;
  while (more.size() < 1000) {
    const std::string n = "s" + std::to_string(more.size());
    r.receive(text(numbered(n, "X-Long: " + std::string(7000, 'x') + "\r\n")));
    const bool taken = message::parse(r.take<transmit>().bytes).value().status() == 100;
    if (!taken) break;
    more.push_back(r.take<request_received>());
  }
  CHECK(more.size() == 7);
  more.push_back(second);
  more.push_back(small);
  for (const auto& one : more) r.respond(one.tx, 486, *one.request, "b");
  r.advance(40'000);
  CHECK(r.ua.transactions() == 0);
  r.out.clear();
  CHECK(r.invite(numbered("7", ignored)).request->call_id() == "c7");
}

TEST_CASE("By default 8,000 calls a second fit, each of two transactions that last 32 s") {
  const user_agent_config config;
  const std::size_t count = std::size_t{8000} * 2 * 32;
  CHECK(config.max_server_transactions > count);
  CHECK(config.max_server_bytes > count * 1024);
  CHECK(large_server_transaction > 1024);
}

TEST_CASE("What is not SIP is dropped and counted") {
  rig r;
  for (const char* bytes :
       {"", "\r\n\r\n", "hello", "GET / HTTP/1.1\r\n\r\n", "SIP/2.0 99 x\r\n\r\n"})
    r.receive(bytes);
  CHECK(r.out.empty());
  CHECK(r.ua.counters().received == 5);
  CHECK(r.ua.counters().not_sip + r.ua.counters().malformed == 5);
  CHECK(r.ua.next_deadline() == never);
}

TEST_CASE("A thousand calls leave nothing behind") {
  rig r;
  for (int i = 0; i < 1000; ++i) {
    const std::string n = std::to_string(i);
    const parts p{.via = "SIP/2.0/UDP p;branch=z9hG4bKi" + n + ";rport", .call_id = "c" + n};
    const auto got = r.invite(p);
    r.respond(got.tx, i % 2 == 0 ? 200 : 486, *got.request, "b" + n);
    if (i % 2 != 0) {
      parts ack = p;
      ack.method = "ACK";
      ack.to += ";tag=b" + n;
      r.receive(text(ack));
    }
    r.out.clear();
  }
  CHECK(r.ua.transactions() == 1000);
  r.advance(5000);
  CHECK(r.ua.transactions() == 500);
  r.advance(32000);
  CHECK(r.ua.transactions() == 0);
  CHECK(r.ua.next_deadline() == never);
}

TEST_CASE("Timers of zero do not make the user agent spin") {
  rig r({.timers = {duration::zero(), duration::zero(), duration::zero()}});
  const auto got = r.invite();
  r.respond(got.tx, 486, *got.request, "b1");
  r.advance(1000);
  CHECK(r.ua.transactions() == 0);
}

// --- client side

struct outgoing {
  std::string method_name = "INVITE";
  std::string branch = "z9hG4bKout1";
  std::string extra = "";
};

std::string out_text(const outgoing& o) {
  return o.method_name +
         " sip:bob@192.0.2.7:40000 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=" + o.branch +
         ";rport\r\n" + o.extra +
         "Max-Forwards: 70\r\nFrom: <sip:me@127.0.0.1>;tag=m1\r\nTo: <sip:bob@192.0.2.7>\r\n"
         "Call-ID: out-1\r\nCSeq: 7 " +
         o.method_name + "\r\nContact: <sip:me@127.0.0.1>\r\nContent-Length: 0\r\n\r\n";
}

std::string reply_text(int status, const outgoing& o, const std::string& more_vias = "") {
  return "SIP/2.0 " + std::to_string(status) +
         " Reason\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=" + o.branch +
         ";rport=5060;received=127.0.0.1\r\n" + more_vias +
         "From: <sip:me@127.0.0.1>;tag=m1\r\nTo: <sip:bob@192.0.2.7>;tag=r1\r\n"
         "Call-ID: out-1\r\nCSeq: 7 " +
         o.method_name + "\r\nContent-Length: 0\r\n\r\n";
}

client_tx start(rig& r, const outgoing& o = {}, const hop& to = udp_peer) {
  const client_tx tx =
      r.ua.send_request(method_of(o.method_name), o.branch, out_text(o), to, r.now);
  r.drain();
  CHECK(r.take<transmit>().bytes == out_text(o));
  return tx;
}

TEST_CASE("A request without an answer is repeated and times out") {
  struct row {
    const char* method_name;
    const hop& to;
    std::vector<std::int64_t> repeated;
  };
  const row rows[] = {
      {"INVITE", udp_peer, {500, 1500, 3500, 7500, 15500, 31500}},
      {"BYE", udp_peer, {500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500}},
      {"INVITE", tcp_peer, {}},
      {"BYE", tcp_peer, {}},
  };
  for (const row& w : rows) {
    CAPTURE(w.method_name, via_name(w.to.transport));
    rig r;
    const outgoing o{.method_name = w.method_name};
    const client_tx tx = start(r, o, w.to);
    for (const std::int64_t when : w.repeated) {
      CHECK(ms_of(r.ua.next_deadline()) == when);
      r.advance(when);
      const auto sent = r.take<transmit>();
      CHECK(sent.to == w.to);
      CHECK(sent.bytes == out_text(o));
    }
    CHECK(ms_of(r.ua.next_deadline()) == 32000);
    r.advance(32000);
    CHECK(r.take<request_timed_out>().tx == tx);
    CHECK(r.ua.transactions() == 0);
    CHECK(r.ua.counters().retransmissions_sent == w.repeated.size());
  }
}

TEST_CASE("A failure of an INVITE is ACKed on the same branch, as often as it comes") {
  rig r;
  const outgoing o{.extra =
                       "Route: <sip:p1;lr>, <sip:p2;lr>\r\nRoute: <sip:p3;lr>\r\n"
                       "Authorization: Digest a=b\r\nRequire: x\r\n"};
  const client_tx tx = start(r, o);
  r.now = at(200);
  r.receive(reply_text(486, o));
  const message ack = r.take_message();
  CHECK(ack.method_name() == "ACK");
  CHECK(ack.request_uri() == "sip:bob@192.0.2.7:40000");
  CHECK(ack.value(header_id::via) == "SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bKout1;rport");
  CHECK(ack.count(header_id::via) == 1);
  CHECK(ack.count(header_id::route) == 2);
  CHECK(ack.value(header_id::route) == "<sip:p1;lr>, <sip:p2;lr>");
  CHECK(ack.value(header_id::from) == "<sip:me@127.0.0.1>;tag=m1");
  CHECK(ack.value(header_id::to) == "<sip:bob@192.0.2.7>;tag=r1");
  CHECK(ack.value(header_id::call_id) == "out-1");
  CHECK(ack.value(header_id::cseq) == "7 ACK");
  CHECK(ack.value(header_id::max_forwards) == "70");
  CHECK(ack.value(header_id::authorization) == "Digest a=b");
  CHECK_FALSE(ack.has(header_id::require));
  CHECK_FALSE(ack.has(header_id::contact));
  CHECK(ack.check() == nullptr);
  const auto told = r.take<response_received>();
  CHECK(told.tx == tx);
  CHECK(told.response->status() == 486);
  CHECK(told.from == udp_peer);
  r.receive(reply_text(486, o));
  CHECK(r.take_message().bytes() == ack.bytes());
  CHECK(r.out.empty());
  r.advance(32200);
  CHECK(r.out.empty());
  CHECK(r.ua.transactions() == 0);
  r.receive(reply_text(486, o));
  CHECK(r.out.empty());
  CHECK(r.ua.counters().stray_responses == 1);
}

TEST_CASE("Every provisional and every 2xx of an INVITE goes up, until timer M") {
  rig r;
  const client_tx tx = start(r);
  for (const int status : {100, 180, 180, 200, 200}) {
    r.receive(reply_text(status, {}));
    const auto told = r.take<response_received>();
    CHECK(told.tx == tx);
    CHECK(told.response->status() == status);
  }
  r.receive(reply_text(180, {}));
  CHECK(r.out.empty());
  CHECK(ms_of(r.ua.next_deadline()) == 32000);
  r.now = at(31999);
  r.receive(reply_text(200, {}));
  CHECK(r.take<response_received>().tx == tx);
  r.advance(32000);
  CHECK(r.ua.transactions() == 0);
  r.receive(reply_text(200, {}));
  CHECK(r.out.empty());
  CHECK(r.ua.counters().stray_responses == 1);
}

TEST_CASE("The final response of another request goes up once, timer K absorbs its copies") {
  rig r;
  const outgoing bye{.method_name = "BYE"};
  const client_tx tx = start(r, bye);
  r.receive(reply_text(200, bye));
  CHECK(r.take<response_received>().tx == tx);
  r.receive(reply_text(200, bye));
  CHECK(r.out.empty());
  CHECK(r.ua.counters().retransmissions_received == 1);
  CHECK(ms_of(r.ua.next_deadline()) == 5000);
  r.advance(5000);
  CHECK(r.ua.transactions() == 0);
}

TEST_CASE("CANCEL is made from the INVITE, has its own transaction, and is not told about") {
  rig r;
  const outgoing o{.extra = "Route: <sip:p1;lr>\r\n"};
  const client_tx tx = start(r, o);
  r.receive(reply_text(180, o));
  r.take<response_received>();
  r.now = at(1000);
  r.ua.send_cancel(tx, r.now);
  r.ua.send_cancel(tx, r.now);  // once is enough
  r.drain();
  const message cancel = r.take_message();
  CHECK(r.out.empty());
  CHECK(cancel.method_name() == "CANCEL");
  CHECK(cancel.request_uri() == "sip:bob@192.0.2.7:40000");
  CHECK(cancel.value(header_id::via) == "SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bKout1;rport");
  CHECK(cancel.value(header_id::route) == "<sip:p1;lr>");
  CHECK(cancel.value(header_id::to) == "<sip:bob@192.0.2.7>");
  CHECK(cancel.value(header_id::cseq) == "7 CANCEL");
  CHECK(cancel.check() == nullptr);
  r.advance(1500);
  CHECK(r.take_message().bytes() == cancel.bytes());
  const outgoing cancel_reply{.method_name = "CANCEL"};
  r.receive(reply_text(200, cancel_reply));
  CHECK(r.out.empty());
  SECTION("487 ends the INVITE") {
    r.receive(reply_text(487, o));
    CHECK(r.take_message().method_name() == "ACK");
    CHECK(r.take<response_received>().response->status() == 487);
  }
  SECTION("a 200 that crossed it is told") {
    r.receive(reply_text(200, o));
    CHECK(r.take<response_received>().response->status() == 200);
  }
  SECTION("silence ends it 64*T1 later (9.1)") {
    r.advance(32999);
    CHECK(r.out.empty());
    r.advance(33000);
    CHECK(r.take<request_timed_out>().tx == tx);
  }
  r.advance(100000);
  r.out.clear();
  CHECK(r.ua.transactions() == 0);
}

TEST_CASE("Responses that are not ours are dropped and counted") {
  rig r;
  start(r);
  r.receive(reply_text(200, {.branch = "z9hG4bKother"}));
  r.receive(reply_text(200, {.method_name = "BYE"}));
  r.receive(reply_text(200, {}, "Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK9\r\n"));
  CHECK(r.out.empty());
  CHECK(r.ua.counters().stray_responses == 3);
  std::string broken = reply_text(200, {});
  broken.replace(broken.find("CSeq: 7"), 7, "CSeq: x");
  r.receive(broken);
  CHECK(r.out.empty());
  CHECK(r.ua.counters().malformed == 1);
}

TEST_CASE("a To with a NUL in a failure is that of the ACK, too") {
  rig r;
  start(r);
  std::string bytes = reply_text(486, {});
  bytes.replace(bytes.find("To: <"), 5, std::string("To: \"\0\" <", 9));
  r.receive(bytes);
  CHECK(r.take<transmit>().bytes.find('\0') != std::string::npos);
}

TEST_CASE("A branch in use starts nothing, fresh branches differ") {
  rig r;
  start(r);
  CHECK(r.ua.send_request(method::invite, "z9hG4bKout1", out_text({}), udp_peer, r.now) ==
        client_tx{});
  r.drain();
  CHECK(r.out.empty());
  const std::string one = r.ua.new_branch(), two = r.ua.new_branch();
  CHECK(one.size() == 23);
  CHECK(one.starts_with("z9hG4bK"));
  CHECK(one != two);
  r.ua.send_ack("ACK bytes", tcp_peer);
  r.drain();
  const auto sent = r.take<transmit>();
  CHECK(sent.to == tcp_peer);
  CHECK(sent.bytes == "ACK bytes");
}

}  // namespace
