#include "call/support.hpp"
#include "sipvoice/call/clients.hpp"
#include "support/catch.hpp"

using namespace test;

namespace {

call::outgoing_request options() {
  call::outgoing_request r;
  r.target = "sip:bob@127.0.0.2:5070";
  return r;
}

call::call_id send(node& n, const call::outgoing_request& r, duration timeout = {}) {
  const auto id = n.endpoint().send_request(r, timeout, n.now());
  n.drain();
  return id;
}

const sip::message& sent(const node& n) { return *n.last_sent("OPTIONS").message; }

std::vector<call::request_finished> told(const node& n) {
  std::vector<call::request_finished> found;
  for (const auto& e : n.events<call::client_event>())
    if (const auto* one = std::get_if<call::request_finished>(&e)) found.push_back(*one);
  return found;
}

}  // namespace

TEST_CASE("OPTIONS: sent, answered, told with its time") {
  node n;
  auto r = options();
  r.from = "sip:alice@example.com";
  r.headers = {{"Subject", "ping"}};
  const auto id = send(n, r);
  CHECK(sent(n).request_uri() == "sip:bob@127.0.0.2:5070");
  CHECK(sent(n).from()->uri_text == "sip:alice@example.com");
  CHECK(sent(n).value(sip::header_id::subject) == "ping");
  CHECK(sent(n).check() == nullptr);
  n.advance(milliseconds(70));
  n.receive(respond_to(sent(n), 100, ""));
  CHECK(told(n).empty());
  n.receive(respond_to(sent(n), 200, "b1"));
  REQUIRE(told(n).size() == 1);
  CHECK(told(n)[0].id == id);
  CHECK(told(n)[0].status == 200);
  CHECK(told(n)[0].answered);
  CHECK(told(n)[0].took == milliseconds(70));
  n.advance(seconds(80));
  CHECK(n.is_clean());
}

TEST_CASE("MESSAGE carries a body") {
  node n;
  auto r = options();
  r.method = sip::method::message;
  r.content_type = "text/plain";
  r.body = "hello";
  send(n, r);
  CHECK(n.last_sent("MESSAGE").message->body() == "hello");
  n.receive(respond_to(n.last_sent(), 202, "b1"));
  CHECK(told(n)[0].status == 202);
}

TEST_CASE("requests that nobody answers") {
  node n;
  SECTION("timer F") {
    send(n, options());
    n.advance_to(time_point(milliseconds(31999)));
    CHECK(told(n).empty());
    n.advance_to(time_point(seconds(32)));
  }
  SECTION("a shorter time of the caller's; a late answer changes nothing") {
    send(n, options(), seconds(1));
    n.advance_to(time_point(milliseconds(999)));
    CHECK(told(n).empty());
    n.advance_to(time_point(seconds(1)));
    n.receive(respond_to(sent(n), 200, "b1"));
  }
  REQUIRE(told(n).size() == 1);
  CHECK(told(n)[0].status == 408);
  CHECK_FALSE(told(n)[0].answered);
  n.advance(seconds(80));
  CHECK(n.is_clean());
}

TEST_CASE("requests that cannot be sent") {
  for (const std::string target :
       {"bob", "tel:+1", "sip:bob@[::1]", "sip:bob@224.0.0.1", "sip:bob@h;transport=sctp"}) {
    INFO(target);
    node n;
    auto r = options();
    r.target = target;
    send(n, r);
    CHECK(n.sent.empty());
    REQUIRE(told(n).size() == 1);
    CHECK(told(n)[0].status == 503);
    CHECK_FALSE(told(n)[0].answered);
  }
  node n;
  auto r = options();
  r.headers = {{"Via", "x"}};
  CHECK(send(n, r) == call::call_id{});
  r.headers = {{"X-A", "1\r\nX-B: 2"}};
  CHECK(send(n, r) == call::call_id{});
  CHECK(told(n).empty());
}

TEST_CASE("a request with credentials, and one that is redirected") {
  node n;
  auto r = options();
  r.accounts = {{"alice", "secret"}};
  send(n, r);
  n.receive(
      respond_to(sent(n), 407, "b1", "Proxy-Authenticate: Digest realm=\"here\", nonce=\"n\"\r\n"));
  CHECK(sent(n).has(sip::header_id::proxy_authorization));
  CHECK(sent(n).cseq()->number == 2);
  n.receive(respond_to(sent(n), 301, "b1", "Contact: <sip:carol@127.0.0.3>\r\n"));
  CHECK(n.last_sent("OPTIONS").to.remote.to_string() == "127.0.0.3:5060");
  CHECK(sent(n).request_uri() == "sip:carol@127.0.0.3");
  CHECK_FALSE(sent(n).has(sip::header_id::proxy_authorization));
  n.receive(respond_to(sent(n), 404, "b1"));
  CHECK(told(n)[0].status == 404);
}

TEST_CASE("no more than so many requests at once") {
  node n;
  n.keep_messages = false;
  for (std::size_t i = 0; i < call::clients::max_at_once; ++i)
    CHECK(send(n, options()) != call::call_id{});
  CHECK(send(n, options()) == call::call_id{});
  n.advance(seconds(80));
  CHECK(send(n, options()) != call::call_id{});
}
