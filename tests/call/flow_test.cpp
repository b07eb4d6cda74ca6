// Registrations and calls over a connection of ours: keep-alive, its loss, and what comes by it
// (RFC 5626 sections 4.4.1 and 4.5).
#include "sipvoice/call/flow_table.hpp"

#include "call/support.hpp"
#include "sipvoice/call/registration.hpp"
#include "support/catch.hpp"

using namespace test;

namespace {

/// An endpoint with an account that registers over TCP, and the registrar at the other end.
struct client {
  client() {
    n.keep_messages = false;
    n.on_send = [this](const sip::transmit& t) {
      last_flow = t.to.flow;
      if (t.bytes == "\r\n\r\n")
        pings.push_back(n.now());
      else
        sent.push_back(*sip::message::parse(t.bytes));
    };
    call::registration_request r;
    r.aor = "sip:alice@127.0.0.2:5070;transport=tcp";
    id = n.endpoint().register_account(r, n.now());
    n.drain();
  }
  void open(std::uint16_t port) {
    n.endpoint().flow_opened(n.flows_opened.back().flow, {server_ip, port}, n.now());
    n.drain();
  }
  void segment(std::string_view bytes) {
    n.endpoint().receive(n.flows_opened.back().flow, bytes, n.now());
    n.drain();
  }
  void grant() {
    segment(respond_to(sent.back(), 200, "r1",
                       "Contact: " + std::string(sent.back().value(sip::header_id::contact)) +
                           ";expires=3600\r\n"));
  }
  time_point wait_for_ping() {
    for (const auto before = pings.size(); pings.size() == before;)
      n.advance_to(n.endpoint().next_deadline());
    return n.now();
  }
  template <class E>
  std::vector<E> told() const {
    std::vector<E> found;
    for (const auto& e : n.events<call::client_event>())
      if (const auto* one = std::get_if<E>(&e)) found.push_back(*one);
    return found;
  }

  node n;
  call::call_id id{};
  std::vector<sip::message> sent;
  std::vector<time_point> pings;
  sip::flow_id last_flow{};
};

}  // namespace

TEST_CASE("a connection that registered is kept alive, without an answer it is made anew") {
  client c;
  REQUIRE(c.n.flows_opened.size() == 1);
  CHECK(c.n.flows_opened[0].remote == peer_address);
  c.open(40000);
  REQUIRE(c.sent.size() == 1);
  CHECK(c.sent[0].value(sip::header_id::contact) == "<sip:alice@127.0.0.1:40000;transport=tcp>");
  c.grant();
  CHECK(c.told<call::registered>().back().expires_s == 3600);

  // Each answer puts the next ping 80 to 100 % of the interval ahead.
  constexpr duration interval = call::flow_limits::ping_interval;
  for (int i = 0; i < 5; ++i) {
    const time_point from = c.n.now();
    const time_point asked = c.wait_for_ping();
    CHECK(asked - from >= interval * 4 / 5);
    CHECK(asked - from <= interval);
    CHECK(c.last_flow == c.n.flows_opened[0].flow);
    c.n.advance(call::flow_limits::pong_patience - milliseconds(1));
    c.segment("\r\n");
  }
  c.n.advance_to(c.wait_for_ping() + call::flow_limits::pong_patience);
  REQUIRE(c.n.flows_closed.size() == 1);
  CHECK(c.n.flows_closed[0].why == "no answer to a keep-alive");
  REQUIRE(c.n.flows_opened.size() == 2);  // at the same moment
  c.open(40001);
  REQUIRE(c.sent.size() == 2);
  CHECK(c.sent[1].call_id() == c.sent[0].call_id());
  CHECK(c.sent[1].cseq()->number == 2);
  CHECK(c.sent[1].value(sip::header_id::contact) == "<sip:alice@127.0.0.1:40001;transport=tcp>");
  c.grant();
  CHECK(c.told<call::registered>().back().refreshed);
  CHECK(c.told<call::registration_failed>().empty());
}

TEST_CASE("a ping without an answer closes its connection after exactly ten seconds") {
  client c;
  c.open(40000);
  c.grant();
  const time_point asked = c.wait_for_ping();
  c.n.advance_to(asked + seconds(10) - milliseconds(1));
  CHECK(c.n.flows_closed.empty());
  c.n.advance(milliseconds(1));
  CHECK(c.n.flows_closed.size() == 1);
}

TEST_CASE("a connection that ends soon after it registered is not opened anew at once") {
  struct row {
    duration lived;
    duration wait;
  };
  const duration steady = call::registration::steady_after;
  for (const row& r : {row{seconds(10), seconds(30)}, row{steady - milliseconds(1), seconds(30)},
                       row{steady, seconds(0)}}) {
    client c;
    c.open(40000);
    c.grant();
    const time_point end = c.n.now() + r.lived;
    while (c.n.endpoint().next_deadline() < end) {
      c.n.advance_to(c.n.endpoint().next_deadline());
      if (!c.pings.empty() && c.pings.back() == c.n.now()) c.segment("\r\n");
    }
    c.n.advance_to(end);
    c.n.endpoint().flow_closed(c.n.flows_opened[0].flow, "closed by the peer", end);
    c.n.drain();
    if (r.wait > duration::zero()) {
      c.n.advance(r.wait - milliseconds(1));
      CHECK(c.n.flows_opened.size() == 1);
      c.n.advance(milliseconds(1));
    } else {
      c.n.advance(duration::zero());
    }
    CHECK(c.n.flows_opened.size() == 2);
    // Where nobody is there any more it is a failure like any other.
    c.n.endpoint().flow_failed(c.n.flows_opened[1].flow, "connection refused", c.n.now());
    c.n.drain();
    REQUIRE(c.told<call::registration_failed>().size() == 1);
    CHECK(c.told<call::registration_failed>()[0].status == 503);
    CHECK(c.told<call::registration_failed>()[0].retry_in == seconds(30));
  }
}

TEST_CASE("a call comes by the connection that registered, and is answered on it") {
  client c;
  c.open(40000);
  c.grant();
  peer_request invite;
  invite.uri = "sip:alice@127.0.0.1:40000;transport=tcp";
  std::string text = invite.text();
  text.replace(text.find("SIP/2.0/UDP"), 11, "SIP/2.0/TCP");
  c.segment(text.substr(0, 100));
  c.segment(text.substr(100));
  REQUIRE(c.n.answer());
  const sip::message& ok = c.sent.back();
  CHECK(ok.status() == 200);
  CHECK(c.last_flow == c.n.flows_opened[0].flow);
  CHECK(ok.value(sip::header_id::contact) == "<sip:127.0.0.1:40000;transport=tcp>");
  CHECK(c.n.events<call::call_incoming>().size() == 1);
}
