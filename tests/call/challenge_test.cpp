// Digest in calls: our INVITE is challenged, and we challenge those that come.
#include "call/support.hpp"
#include "sipvoice/sip/digest.hpp"
#include "support/catch.hpp"

using namespace test;
using call::ended_by;

namespace {

call::dial_request to_bob(std::optional<std::string> realm = std::nullopt) {
  call::dial_request r;
  r.target = "sip:bob@127.0.0.2:5070";
  r.accounts = {{"alice", "secret", std::move(realm)}};
  return r;
}

const sip::message& invite_of(const node& n) { return *n.last_sent("INVITE").message; }

const std::string peer_contact = "Contact: <sip:bob@127.0.0.2:5070>\r\n";

/// The far end, or a proxy, that wants credentials.
struct guard {
  explicit guard(const std::string& realm)
      : random(7),
        server(
            {.realm = realm},
            [](std::string_view user) {
              return user == "alice" ? std::optional<std::string>("secret") : std::nullopt;
            },
            random) {}
  std::string challenge(const std::string& header, time_point now, bool stale = false) {
    std::string lines;
    for (const auto& value : server.challenges(stale, now)) lines += header + ": " + value + "\r\n";
    return lines;
  }
  sip::digest_verdict judge(const sip::message& m, sip::header_id id, time_point now) {
    std::vector<std::string_view> values;
    for (const auto& f : m.fields())
      if (f.id == id) values.push_back(m.value(f));
    return server.check(values, m.method_name(), m.request_uri(), m.body(), now);
  }
  seeded_random random;
  sip::digest_server server;
};

}  // namespace

TEST_CASE("a challenged INVITE goes out again with credentials") {
  const bool proxy = GENERATE(false, true);
  const int status = proxy ? 407 : 401;
  const auto header = proxy ? sip::header_id::proxy_authorization : sip::header_id::authorization;
  node n;
  guard g("here");
  n.dial(to_bob());
  const auto first = n.last_sent("INVITE").message;
  n.receive(respond_to(*first, 100, ""));
  n.advance(milliseconds(200));
  const std::string refusal =
      respond_to(*first, status, "p1",
                 g.challenge(proxy ? "Proxy-Authenticate" : "WWW-Authenticate", n.now()));
  n.receive(refusal);
  CHECK(n.ladder() == std::vector<std::string>{"INVITE", "ACK", "INVITE"});
  const auto second = n.last_sent("INVITE").message;
  CHECK(second->call_id() == first->call_id());
  CHECK(second->from()->tag() == first->from()->tag());
  CHECK(second->to()->tag().empty());
  CHECK(second->cseq()->number == 2);
  CHECK(second->top_via()->branch() != first->top_via()->branch());
  CHECK(g.judge(*second, header, n.now()) == sip::digest_verdict::accepted);
  n.receive(refusal);  // a copy: acknowledged again, nothing more
  CHECK(n.times_of("INVITE").size() == 2);

  n.receive(respond_to(*second, 200, "b1", peer_contact, offer()));
  const auto ack = n.last_sent("ACK").message;
  CHECK(ack->cseq()->number == 2);
  CHECK(ack->value(header) == second->value(header));  // 13.2.2.4
  CHECK(n.events<call::call_answered>().size() == 1);
  CHECK(n.events<call::call_rejected>().empty());
}

TEST_CASE("a proxy and the far end both ask; a nonce grows stale") {
  node n;
  guard proxy("proxy"), end("end");
  n.dial(to_bob());
  n.receive(respond_to(invite_of(n), 407, "p1", proxy.challenge("Proxy-Authenticate", n.now())));
  n.receive(respond_to(invite_of(n), 401, "e1", end.challenge("WWW-Authenticate", n.now())));
  CHECK(proxy.judge(invite_of(n), sip::header_id::proxy_authorization, n.now()) ==
        sip::digest_verdict::accepted);
  CHECK(end.judge(invite_of(n), sip::header_id::authorization, n.now()) ==
        sip::digest_verdict::accepted);
  n.advance(seconds(1));
  n.receive(respond_to(invite_of(n), 401, "e1", end.challenge("WWW-Authenticate", n.now(), true)));
  CHECK(invite_of(n).cseq()->number == 4);
  CHECK(end.judge(invite_of(n), sip::header_id::authorization, n.now()) ==
        sip::digest_verdict::accepted);
}

TEST_CASE("challenges that are refusals") {
  node n;
  guard g("here");
  auto request = to_bob();
  SECTION("no account") {
    request.accounts.clear();
    n.dial(request);
  }
  SECTION("another realm") {
    request.accounts[0].realm = "there";
    n.dial(request);
  }
  SECTION("refused credentials") {
    n.dial(request);
    n.receive(respond_to(invite_of(n), 401, "b1", g.challenge("WWW-Authenticate", n.now())));
    n.advance(milliseconds(100));
    CHECK(n.times_of("INVITE").size() == 2);
  }
  SECTION("a peer that only a redirection named") {
    n.dial(request);
    n.receive(respond_to(invite_of(n), 401, "b1", g.challenge("WWW-Authenticate", n.now())));
    n.receive(respond_to(invite_of(n), 302, "b1", "Contact: <sip:eve@127.0.0.9>\r\n"));
    CHECK(n.last_sent("INVITE").to.remote.to_string() == "127.0.0.9:5060");
    CHECK_FALSE(invite_of(n).has(sip::header_id::authorization));
  }
  const auto before = n.times_of("INVITE").size();
  n.receive(respond_to(invite_of(n), 401, "b1", g.challenge("WWW-Authenticate", n.now())));
  CHECK(n.times_of("INVITE").size() == before);
  CHECK(n.last<call::call_rejected>().status == 401);
  CHECK(n.last<call::call_rejected>().rule == "remote");
  n.advance(seconds(80));
  CHECK(n.is_clean());
}

TEST_CASE("CANCEL and the time limit after a challenge") {
  node n;
  guard g("here");
  auto request = to_bob();
  request.answer_timeout = seconds(5);
  n.dial(request);
  n.receive(respond_to(invite_of(n), 100, ""));
  n.advance(seconds(2));
  SECTION("given up first: the challenge is not answered") {
    CHECK(n.hang_up("interrupted"));
    CHECK(n.times_of("CANCEL").size() == 1);
    n.receive(respond_to(invite_of(n), 401, "b1", g.challenge("WWW-Authenticate", n.now())));
    CHECK(n.times_of("INVITE").size() == 1);
    CHECK(n.last<call::call_ended>().reason == "interrupted");
  }
  SECTION("the limit counts from the first INVITE") {
    n.receive(respond_to(invite_of(n), 401, "b1", g.challenge("WWW-Authenticate", n.now())));
    n.receive(respond_to(invite_of(n), 180, "b1"));
    n.advance_to(time_point(seconds(5)));
    CHECK(n.times_of("CANCEL") == std::vector<std::int64_t>{5000});
    CHECK(n.last_sent().cseq()->number == 2);
    n.receive(respond_to(invite_of(n), 487, "b1"));
    CHECK(n.last<call::call_ended>().reason == "no_answer");
  }
  n.advance(seconds(80));
  CHECK(n.is_clean());
}
