#include "sipvoice/call/registration.hpp"

#include "call/support.hpp"
#include "sipvoice/call/clients.hpp"
#include "sipvoice/sip/locator.hpp"
#include "support/catch.hpp"

using namespace test;

namespace {

call::registration_request alice() {
  call::registration_request r;
  r.aor = "sip:alice@127.0.0.2:5070";
  r.accounts = {{"alice", "secret"}};
  return r;
}

call::call_id enlist(node& n, const call::registration_request& r) {
  const auto id = n.endpoint().register_account(r, n.now());
  n.drain();
  return id;
}

const sip::message& last_register(const node& n) { return *n.last_sent("REGISTER").message; }

template <class E>
std::vector<E> told(const node& n) {
  std::vector<E> found;
  for (const auto& e : n.events<call::client_event>())
    if (const auto* one = std::get_if<E>(&e)) found.push_back(*one);
  return found;
}

const std::string own = "Contact: <sip:alice@127.0.0.1:5060>";

void grant(node& n, const std::string& headers) {
  n.receive(respond_to(last_register(n), 200, "r1", headers));
}

}  // namespace

TEST_CASE("a registration that nobody insists on ends with its first failure, and only then") {
  node n;
  auto request = alice();
  request.insist = false;
  enlist(n, request);
  SECTION("it fails at once") {
    n.receive(respond_to(last_register(n), 503, "r1"));
    REQUIRE(told<call::registration_failed>(n).size() == 1);
    CHECK(told<call::registration_failed>(n)[0].retry_in == duration::zero());
    n.advance(seconds(7200));
    CHECK(n.times_of("REGISTER").size() == 1);
    CHECK(n.is_clean());
  }
  SECTION("it has held before") {
    grant(n, own + ";expires=600\r\n");
    n.advance(seconds(540));
    n.receive(respond_to(last_register(n), 503, "r1"));
    REQUIRE(told<call::registration_failed>(n).size() == 1);
    CHECK(told<call::registration_failed>(n)[0].retry_in > duration::zero());
  }
}

TEST_CASE("a registration is made, refreshed before its end, and taken back") {
  node n;
  const auto id = enlist(n, alice());
  const auto first = n.last_sent("REGISTER").message;
  CHECK(first->request_uri() == "sip:127.0.0.2:5070");
  CHECK(first->to()->uri_text == "sip:alice@127.0.0.2:5070");
  CHECK(first->from()->uri_text == "sip:alice@127.0.0.2:5070");
  CHECK(first->contact()->uri_text == "sip:alice@127.0.0.1:5060");
  CHECK(first->value(sip::header_id::expires) == "3600");
  // Others are listed too; Expires speaks of none of them.
  grant(n, "Contact: <sip:alice@127.0.0.9>;expires=30\r\n" + own +
               ";expires=600\r\nExpires: 7200\r\n");
  REQUIRE(told<call::registered>(n).size() == 1);
  CHECK(told<call::registered>(n)[0].expires_s == 600);
  CHECK_FALSE(told<call::registered>(n)[0].refreshed);

  n.advance_to(time_point(milliseconds(539'999)));
  CHECK(n.times_of("REGISTER").size() == 1);
  n.advance_to(time_point(seconds(540)));
  const auto second = n.last_sent("REGISTER").message;
  CHECK(n.times_of("REGISTER") == std::vector<std::int64_t>{0, 540'000});
  CHECK(second->call_id() == first->call_id());
  CHECK(second->from()->tag() == first->from()->tag());
  CHECK(second->cseq()->number == 2);
  grant(n, own + "\r\nExpires: 60\r\n");
  CHECK(told<call::registered>(n)[1].refreshed);
  CHECK(told<call::registered>(n)[1].expires_s == 60);
  n.advance(seconds(30));  // a short one: after half of it
  CHECK(last_register(n).cseq()->number == 3);
  grant(n, own + ";expires=600\r\n");

  CHECK(n.endpoint().unregister(id, n.now()));
  n.drain();
  CHECK(last_register(n).value(sip::header_id::expires) == "0");
  CHECK(last_register(n).cseq()->number == 4);
  CHECK(n.endpoint().unanswered_byes() == 1);
  grant(n, "");
  CHECK(n.endpoint().unanswered_byes() == 0);
  CHECK(told<call::unregistered>(n).size() == 1);
  n.advance(seconds(80));
  CHECK(n.is_clean());
}

TEST_CASE("when a registration is refreshed") {
  CHECK(call::registration::refresh_after(3600) == seconds(3540));
  CHECK(call::registration::refresh_after(120) == seconds(60));
  CHECK(call::registration::refresh_after(60) == seconds(30));
  CHECK(call::registration::refresh_after(5) == seconds(2));
}

TEST_CASE("a registrar that challenges, and one that wants longer times") {
  node n;
  auto r = alice();
  r.expires = seconds(10);
  enlist(n, r);
  SECTION("401") {
    n.receive(respond_to(last_register(n), 401, "r1",
                         "WWW-Authenticate: Digest realm=\"here\", nonce=\"n\", qop=\"auth\"\r\n"));
    CHECK(last_register(n).cseq()->number == 2);
    const auto c =
        sip::digest_credentials::parse(last_register(n).value(sip::header_id::authorization));
    REQUIRE(c.has_value());
    CHECK(c->uri == "sip:127.0.0.2:5070");
    CHECK(c->nonce_count == 1);
    grant(n, own + ";expires=10\r\n");
    n.advance(seconds(5));
    const auto again =
        sip::digest_credentials::parse(last_register(n).value(sip::header_id::authorization));
    REQUIRE(again.has_value());  // at once, without another challenge
    CHECK(again->nonce_count == 2);
  }
  SECTION("423") {
    n.receive(respond_to(last_register(n), 423, "r1", "Min-Expires: 90\r\n"));
    CHECK(last_register(n).value(sip::header_id::expires) == "90");
    CHECK(last_register(n).cseq()->number == 2);
    grant(n, "");
    CHECK(told<call::registered>(n)[0].expires_s == 90);
  }
  SECTION("423 without end") {
    for (int i = 1; i <= call::registration::max_423; ++i)
      n.receive(respond_to(last_register(n), 423, "r1",
                           "Min-Expires: " + std::to_string(100 * i) + "\r\n"));
    CHECK(told<call::registration_failed>(n).empty());
    n.receive(respond_to(last_register(n), 423, "r1", "Min-Expires: 9000\r\n"));
    CHECK(told<call::registration_failed>(n)[0].status == 423);
  }
  SECTION("423 that asks for less") {
    n.receive(respond_to(last_register(n), 423, "r1", "Min-Expires: 10\r\n"));
    CHECK(told<call::registration_failed>(n)[0].status == 423);
  }
  SECTION("302") {
    n.receive(respond_to(last_register(n), 302, "r1", "Contact: <sip:127.0.0.3>\r\n"));
    CHECK(n.last_sent("REGISTER").to.remote.to_string() == "127.0.0.3:5060");
    grant(n, "");
    CHECK(told<call::registered>(n).size() == 1);
  }
}

TEST_CASE("failures are tried again, later each time, up to a limit") {
  node n;
  enlist(n, alice());
  std::int64_t at = 0;
  for (const int wait : {30, 60, 120, 240, 480, 960, 1800, 1800}) {
    n.receive(respond_to(last_register(n), 500, "r1"));
    CHECK(told<call::registration_failed>(n).back().retry_in == seconds(wait));
    n.advance(seconds(wait));
    at += wait * 1000;
    CHECK(n.times_of("REGISTER").back() == at);
  }
  grant(n, own + ";expires=600\r\n");
  n.advance(seconds(540));
  SECTION("a success begins anew") {
    n.receive(respond_to(last_register(n), 503, "r1"));
    CHECK(told<call::registration_failed>(n).back().retry_in == seconds(30));
  }
  SECTION("the registrar says when") {
    n.receive(respond_to(last_register(n), 503, "r1", "Retry-After: 100;duration=3600\r\n"));
    CHECK(told<call::registration_failed>(n).back().retry_in == seconds(100));
  }
  SECTION("silence: timer F, then as after a refusal") {
    n.advance(seconds(32));
    CHECK(told<call::registration_failed>(n).back().status == 408);
    CHECK(told<call::registration_failed>(n).back().retry_in == seconds(30));
  }
}

TEST_CASE("refusals after which asking again is of no use") {
  for (const int status : {401, 403, 404, 407, 603}) {
    INFO(status);
    node n;
    const auto id = enlist(n, alice());
    n.receive(respond_to(last_register(n), status, "r1"));
    REQUIRE(told<call::registration_failed>(n).size() == 1);
    CHECK(told<call::registration_failed>(n)[0].retry_in == duration::zero());
    CHECK_FALSE(n.endpoint().unregister(id, n.now()));
    n.advance(std::chrono::hours(2));
    CHECK(n.times_of("REGISTER").size() == 1);
    CHECK(n.is_clean());
  }
}

TEST_CASE("taken back while a REGISTER is under way, or before one has succeeded") {
  node n;
  const auto id = enlist(n, alice());
  SECTION("under way: its answer comes first") {
    CHECK(n.endpoint().unregister(id, n.now()));
    n.drain();
    grant(n, own + ";expires=600\r\n");
    CHECK(last_register(n).value(sip::header_id::expires) == "0");
    grant(n, "");
    CHECK(told<call::unregistered>(n).size() == 1);
  }
  SECTION("waiting for another try: nothing to take back") {
    n.receive(respond_to(last_register(n), 500, "r1"));
    CHECK(n.endpoint().unregister(id, n.now()));
    CHECK(n.times_of("REGISTER").size() == 1);
  }
  SECTION("no answer to it: over after timer F") {
    grant(n, own + ";expires=600\r\n");
    n.endpoint().unregister_all(n.now());
    n.drain();
    n.advance(seconds(32));
    CHECK(told<call::unregistered>(n)[0].status == 408);
  }
  CHECK(n.endpoint().unanswered_byes() == 0);
  n.advance(seconds(80));
  CHECK(n.is_clean());
}

TEST_CASE("a BYE in a call that came by a registration is challenged") {
  node n;
  enlist(n, alice());
  grant(n, own + ";expires=600\r\n");
  const auto ok = establish(n);
  n.hang_up();
  const auto bye = n.last_sent("BYE").message;
  n.receive(respond_to(*bye, 407, "", "Proxy-Authenticate: Digest realm=\"p\", nonce=\"n\"\r\n"));
  CHECK(n.times_of("BYE").size() == 2);
  CHECK(n.last_sent("BYE").message->has(sip::header_id::proxy_authorization));
  CHECK(n.last_sent("BYE").message->cseq()->number == bye->cseq()->number + 1);
}

TEST_CASE("calls of a registration come from any address of the registrar's name") {
  node n;
  auto r = alice();
  r.aor = "sip:alice@h.example";
  enlist(n, r);
  std::vector<socket_address> addresses;
  for (std::uint8_t i = 0; i < 20; ++i) addresses.push_back({ip_address::v4(127, 0, 1, i), 0});
  n.resolved(addresses);
  const socket_address asked = n.last_sent("REGISTER").to.remote;
  n.receive(respond_to(last_register(n), 200, "r1", own + ";expires=600\r\n"), asked);
  std::size_t answered = 0;
  for (std::uint8_t i = 0; i < 21; ++i) {  // the last is a stranger
    const socket_address from{ip_address::v4(127, 0, i < 20 ? 1 : 9, i), 5070};
    const std::string name = std::to_string(i);
    peer_request invite;
    invite.call_id = "call-" + name;
    invite.branch = "z9hG4bK-" + name;
    invite.contact = "<sip:bob@" + from.to_string() + ">";
    n.receive(invite.text(), from);
    n.answer();
    auto ack = in_dialog(*n.last_sent("200").message, "ACK", 1, "z9hG4bK-a" + name);
    n.receive(ack.text(), from);
    n.sent.clear();
    n.hang_up();
    n.receive(respond_to(*n.last_sent("BYE").message, 407, "",
                         "Proxy-Authenticate: Digest realm=\"p\", nonce=\"n\"\r\n"),
              from);
    const bool repeated = n.times_of("BYE").size() == 2;
    answered += repeated ? 1 : 0;
    if (from.ip == asked.ip) CHECK(repeated);
    if (i == 20) CHECK_FALSE(repeated);
  }
  CHECK(answered == sip::locator_limits::max_addresses);  // of one name
}

TEST_CASE("a challenge in a call that came from elsewhere is not answered") {
  node n;
  enlist(n, alice());
  grant(n, own + ";expires=600\r\n");
  const socket_address stranger{ip_address::v4(127, 0, 0, 9), 5070};
  peer_request invite;
  invite.contact = "<sip:eve@127.0.0.9:5070>";
  n.receive(invite.text(), stranger);
  CHECK(n.answer());
  n.receive(in_dialog(*n.last_sent("200").message, "ACK", 1, "z9hG4bK-ack").text(), stranger);
  n.hang_up();
  const auto bye = n.last_sent("BYE");
  CHECK(bye.to.remote == stranger);
  for (const int status : {401, 407})
    n.receive(respond_to(*bye.message, status, "",
                         std::string(status == 401 ? "WWW" : "Proxy") +
                             "-Authenticate: Digest realm=\"p\", nonce=\"n\"\r\n"),
              stranger);
  CHECK(n.times_of("BYE").size() == 1);
}

TEST_CASE("who registers may be another than the address, and waits only so long") {
  node n;
  auto r = alice();
  r.from = "sip:secretary@127.0.0.2:5070";
  r.timeout = seconds(3);
  enlist(n, r);
  CHECK(last_register(n).from()->uri_text == "sip:secretary@127.0.0.2:5070");
  CHECK(last_register(n).to()->uri_text == "sip:alice@127.0.0.2:5070");
  CHECK(last_register(n).contact()->uri_text == "sip:alice@127.0.0.1:5060");
  n.advance(seconds(3) - milliseconds(1));
  CHECK(told<call::registration_failed>(n).empty());
  n.advance(milliseconds(1));
  REQUIRE(told<call::registration_failed>(n).size() == 1);
  CHECK(told<call::registration_failed>(n)[0].status == 408);
  CHECK(told<call::registration_failed>(n)[0].retry_in == call::registration::first_retry);
  // A late answer of the one that was given up changes nothing.
  grant(n, own + ";expires=600\r\n");
  CHECK(told<call::registered>(n).empty());
  const auto before = last_register(n).cseq()->number;
  n.advance_to(time_point(seconds(33)));
  CHECK(last_register(n).cseq()->number == before + 1);
  grant(n, own + ";expires=600\r\n");
  CHECK(told<call::registered>(n).size() == 1);
}

TEST_CASE("of several bindings in the 200 our own counts, however it is written") {
  struct row {
    const char* contacts;
    std::int64_t expires_s;
  };
  for (const row& r :
       {row{"Contact: <sip:alice@127.0.0.9>;expires=30, <sip:alice@127.0.0.1:5060>;expires=300\r\n",
            300},
        row{"m: \"Me\" <SIP:alice@127.0.0.1:5060>;q=0.5;Expires=300\r\n"
            "Contact: <sip:alice@127.0.0.9>;expires=30\r\n",
            300},
        row{"Contact: <sip:alice@127.0.0.9>;expires=30\r\n", 3600},  // none of ours: as asked for
        row{"Contact: <sip:alice@127.0.0.9>;expires=30\r\nExpires: 1800\r\n", 1800},
        row{"Contact: <sip:alice@127.0.0.1:5060>;expires=junk\r\nExpires: 1800\r\n", 1800},
        row{"Contact: <sip:alice@127.0.0.1:5060>;expires=0\r\n",
            call::registration::min_expires_s}}) {
    INFO(r.contacts);
    node n;
    enlist(n, alice());
    grant(n, r.contacts);
    REQUIRE(told<call::registered>(n).size() == 1);
    CHECK(told<call::registered>(n)[0].expires_s == r.expires_s);
    n.advance_to(time_point(call::registration::refresh_after(r.expires_s) - milliseconds(1)));
    CHECK(n.times_of("REGISTER").size() == 1);
    n.advance(milliseconds(1));
    CHECK(n.times_of("REGISTER").size() == 2);
  }
}
