// Digest in calls: our INVITE is challenged, and we challenge those that come.
#include "call/support.hpp"
#include "sipvoice/call/inbound_auth.hpp"
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

TEST_CASE("credentials go to nobody but the peer that was called") {
  const bool proxy = GENERATE(false, true);
  const std::string question = proxy ? "Proxy-Authenticate" : "WWW-Authenticate";
  const auto answer = proxy ? sip::header_id::proxy_authorization : sip::header_id::authorization;
  const auto no_credentials = [&](const sent_message& sent) {
    CHECK(sent.to.remote.to_string() == "127.0.0.9:5070");
    CHECK_FALSE(sent.message->has(answer));
  };
  node n;
  guard g("here");
  n.dial(to_bob());
  n.receive(respond_to(invite_of(n), proxy ? 407 : 401, "p1", g.challenge(question, n.now())));
  const auto invite = n.last_sent("INVITE").message;
  REQUIRE(invite->has(answer));
  const std::string elsewhere = "Contact: <sip:bob@127.0.0.9:5070>\r\n";
  SECTION("the 2xx names another host") {
    const std::string ok = respond_to(*invite, 200, "b1", elsewhere, offer());
    n.receive(ok);
    no_credentials(n.last_sent("ACK"));
    n.sent.clear();
    n.receive(ok);
    no_credentials(n.last_sent("ACK"));
    CHECK(n.last_sent("ACK").message->check() == nullptr);
    n.hang_up();
    no_credentials(n.last_sent("BYE"));
    // Nor is a challenge of that host answered.
    n.receive(respond_to(*n.last_sent("BYE").message, proxy ? 407 : 401, "p1",
                         g.challenge(question, n.now())));
    CHECK(n.times_of("BYE").size() == 1);
  }
  SECTION("the peer moves in the dialog, and back") {
    n.receive(respond_to(*invite, 200, "b1", peer_contact, offer()));
    CHECK(n.last_sent("ACK").message->has(answer));
    peer_request moved = in_dialog(*invite, "UPDATE", 1, "z9hG4bK-u");
    moved.from = "<sip:bob@127.0.0.2:5070>;tag=b1";
    moved.to = invite->value(sip::header_id::from);
    moved.contact = "<sip:bob@127.0.0.9:5070>";
    n.receive(moved.text());
    REQUIRE(n.last_sent().status() == 200);
    REQUIRE(n.endpoint().send_info_digit(n.last_call, '5', 100, n.now()));
    n.drain();
    no_credentials(n.last_sent("INFO"));
    moved.contact = "<sip:bob@127.0.0.2:5070>";
    moved.cseq = 2;
    moved.branch += "2";
    n.receive(moved.text());
    n.hang_up();
    CHECK(n.last_sent("BYE").message->has(answer));
  }
  SECTION("another fork answers from another host") {
    n.receive(respond_to(*invite, 200, "b1", peer_contact, offer()));
    n.receive(respond_to(*invite, 200, "b2", elsewhere, offer()));
    no_credentials(n.last_sent("ACK"));
    no_credentials(n.last_sent("BYE"));
  }
}

TEST_CASE("credentials go to every place of the name that was called") {
  node n;
  guard g("here");
  auto request = to_bob();
  request.target = "sip:bob@example.test:5070";
  n.dial(request);
  const ip_address other = ip_address::v4(127, 0, 0, 9);
  n.resolved({{ip_address::v4(127, 0, 0, 2), 0}, {other, 0}});
  n.receive(respond_to(invite_of(n), 401, "p1", g.challenge("WWW-Authenticate", n.now())));
  const auto invite = n.last_sent("INVITE").message;
  REQUIRE(invite->has(sip::header_id::authorization));
  n.receive(respond_to(*invite, 200, "b1", "Contact: <sip:bob@127.0.0.9:5070>\r\n", offer()));
  CHECK(n.last_sent("ACK").to.remote.ip == other);
  CHECK(n.last_sent("ACK").message->has(sip::header_id::authorization));
  n.hang_up();
  CHECK(n.last_sent("BYE").message->has(sip::header_id::authorization));
}

TEST_CASE("behind our BYE a challenged request is not sent again, the BYE is") {
  node n;
  guard g("here");
  n.dial(to_bob());
  n.receive(respond_to(invite_of(n), 200, "b1", peer_contact, offer()));
  REQUIRE(n.endpoint().transfer(n.last_call, "sip:carol@127.0.0.2", n.now()));
  n.drain();
  const auto refer = n.last_sent("REFER").message;
  n.hang_up();
  n.sent.clear();
  // With a higher CSeq number it could overtake the BYE, and the peer would refuse that one.
  n.receive(respond_to(*refer, 407, "p1", g.challenge("Proxy-Authenticate", n.now())));
  CHECK(n.ladder().empty());
  n.advance(milliseconds(500));
  REQUIRE(n.ladder() == std::vector<std::string>{"BYE"});
  n.receive(respond_to(n.last_sent(), 407, "p1", g.challenge("Proxy-Authenticate", n.now())));
  REQUIRE(n.ladder() == std::vector<std::string>{"BYE", "BYE"});
  CHECK(g.judge(n.last_sent(), sip::header_id::proxy_authorization, n.now()) ==
        sip::digest_verdict::accepted);
  n.receive(respond_to(n.last_sent(), 200, ""));
  n.advance(seconds(100));
  CHECK(n.is_clean());
}

TEST_CASE("a challenge that comes while a new name of the peer is looked up is answered there") {
  node n;
  guard g("here");
  n.dial(to_bob());
  n.receive(respond_to(invite_of(n), 200, "b1", peer_contact, offer()));
  REQUIRE(n.endpoint().transfer(n.last_call, "sip:carol@127.0.0.2", n.now()));
  n.drain();
  const auto refer = n.last_sent("REFER").message;
  // The peer moves to a name, and the next request of ours has to wait for its address.
  peer_request moved = in_dialog(*refer, "UPDATE", 1, "z9hG4bK-u");
  std::swap(moved.from, moved.to);
  moved.contact = "<sip:bob@peer.test:5070>";
  n.receive(moved.text());
  REQUIRE(n.endpoint().send_info_digit(n.last_call, '5', 100, n.now()));
  n.drain();
  REQUIRE(n.names_asked == std::vector<std::string>{"peer.test"});
  n.sent.clear();
  n.receive(respond_to(*refer, 407, "p1", g.challenge("Proxy-Authenticate", n.now())));
  CHECK(n.ladder().empty());
  n.resolved({peer_address});
  REQUIRE(n.ladder() == std::vector<std::string>{"INFO", "REFER"});
  CHECK(g.judge(n.last_sent(), sip::header_id::proxy_authorization, n.now()) ==
        sip::digest_verdict::accepted);
}

TEST_CASE("a challenge of a stranger is not answered because the next request goes to a friend") {
  node n;
  guard g("here");
  n.dial(to_bob());
  n.receive(respond_to(invite_of(n), 200, "b1", "Contact: <sip:bob@127.0.0.3:5070>\r\n", offer()));
  REQUIRE(n.endpoint().transfer(n.last_call, "sip:carol@127.0.0.2", n.now()));
  n.drain();
  const auto refer = n.last_sent("REFER");
  CHECK(refer.to.remote.ip == ip_address::v4(127, 0, 0, 3));
  peer_request moved = in_dialog(*refer.message, "UPDATE", 1, "z9hG4bK-u");
  std::swap(moved.from, moved.to);
  moved.contact = "<sip:bob@127.0.0.2:5070>";
  n.receive(moved.text());
  REQUIRE(n.endpoint().send_info_digit(n.last_call, '5', 100, n.now()));
  n.drain();
  CHECK(n.last_sent("INFO").to.remote == peer_address);
  n.sent.clear();
  n.receive(respond_to(*refer.message, 407, "p1", g.challenge("Proxy-Authenticate", n.now())));
  CHECK(n.ladder().empty());
  CHECK(n.last<call::call_transfer>().state == call::transfer_state::failed);
}

TEST_CASE("a proxy and the far end both ask, a nonce grows stale") {
  node n;
  guard proxy("proxy"), end("end");
  auto bob = to_bob();
  bob.target += ";transport=udp";  // with answers to both it is too large to go over UDP else
  n.dial(bob);
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

namespace {

call::endpoint_config with_users() {
  call::endpoint_config c;
  c.users = {{"alice", "secret"}};
  return c;
}

/// The caller's answer to the 401 that the endpoint sent last: the same INVITE, later.
peer_request authorized(const node& n, peer_request invite, const std::string& password,
                        sip::digest_algorithm algorithm = sip::digest_algorithm::sha256) {
  static seeded_random random(11);
  const auto refusal = n.last_sent("401").message;
  for (const auto& f : refusal->fields()) {
    if (f.id != sip::header_id::www_authenticate) continue;
    const auto challenge = sip::digest_challenge::parse(refusal->value(f)).value();
    if (challenge.algorithm != algorithm) continue;
    sip::digest_client client({"alice", password});
    invite.headers =
        "Authorization: " + client.answer(challenge, "INVITE", invite.uri, invite.body, random) +
        "\r\n";
  }
  ++invite.cseq;
  invite.branch += "x";
  return invite;
}

}  // namespace

TEST_CASE("a caller is challenged and let in with credentials") {
  const auto algorithm = GENERATE(sip::digest_algorithm::sha256, sip::digest_algorithm::md5);
  node n(with_users());
  const peer_request first;
  n.receive(first.text());
  const auto refusal = n.last_sent("401").message;
  std::vector<std::string> algorithms;
  for (const auto& f : refusal->fields())
    if (f.id == sip::header_id::www_authenticate)
      algorithms.emplace_back(
          sip::name_of(sip::digest_challenge::parse(refusal->value(f)).value().algorithm));
  CHECK(algorithms == std::vector<std::string>{"SHA-256", "MD5"});
  CHECK(n.all_events.empty());  // a challenge is no rejection
  CHECK(n.ports_asked.empty());
  CHECK(n.endpoint().calls() == 0);
  n.receive(first.text());  // a retransmission gets the same 401
  CHECK(n.last_sent().bytes() == refusal->bytes());
  n.receive(ack_refusal(first, *refusal));

  const auto second = authorized(n, first, "secret", algorithm);
  n.receive(second.text());
  CHECK(n.events<call::call_incoming>().size() == 1);
  CHECK(n.answer());
  const auto ok = n.last_sent("200").message;
  n.receive(in_dialog(*ok, "ACK", second.cseq, "z9hG4bK-ack").text());
  auto again = in_dialog(*ok, "INVITE", second.cseq + 1, "z9hG4bK-re");
  n.receive(again.text());  // inside the dialog nobody is asked again
  CHECK(n.last_sent().status() == 200);
  n.receive(in_dialog(*ok, "BYE", second.cseq + 2, "z9hG4bK-bye").text());
  CHECK(n.last_sent().status() == 200);
}

TEST_CASE("callers with wrong, stale or unreadable credentials") {
  node n(with_users());
  const peer_request first;
  n.receive(first.text());
  n.receive(ack_refusal(first, n.last_sent()));
  SECTION("a wrong password: another challenge, and a rejection by auth") {
    const auto wrong = authorized(n, first, "guess");
    n.receive(wrong.text());
    CHECK(n.last_sent().status() == 401);
    CHECK(n.last_sent().count(sip::header_id::www_authenticate) == 2);
    CHECK(n.last<call::call_rejected>().status == 401);
    CHECK(n.last<call::call_rejected>().rule == "auth");
    for (const auto& line : n.logs) CHECK(line.text.find("response") == std::string::npos);
    n.receive(ack_refusal(wrong, n.last_sent()));
    n.receive(authorized(n, wrong, "secret").text());
    CHECK(n.events<call::call_incoming>().size() == 1);
  }
  SECTION("credentials that were used before") {
    auto good = authorized(n, first, "secret");
    n.receive(good.text());
    CHECK(n.events<call::call_incoming>().size() == 1);
    good.call_id = "other";
    good.branch += "y";
    n.receive(good.text());
    CHECK(n.last_sent().status() == 401);
    CHECK(n.last<call::call_rejected>().rule == "auth");
  }
  SECTION("a nonce that has expired") {
    const auto late = authorized(n, first, "secret");
    n.advance(std::chrono::minutes(5) + milliseconds(1));
    n.receive(late.text());
    CHECK(n.last_sent().status() == 401);
    CHECK(sip::digest_challenge::parse(n.last_sent().value(sip::header_id::www_authenticate))
              .value()
              .stale);
    CHECK(n.all_events.empty());
  }
  SECTION("unreadable") {
    auto bad = first;
    bad.cseq = 2;
    bad.branch += "x";
    bad.headers = "Authorization: Digest username=\"alice\"\r\n";
    n.receive(bad.text());
    CHECK(n.last_sent().status() == 400);
    CHECK(n.last<call::call_rejected>().rule == "bad_request");
  }
  SECTION("of another scheme or realm: as without any") {
    auto other = first;
    other.cseq = 2;
    other.branch += "x";
    other.headers = "Authorization: Basic YWxpY2U6c2VjcmV0\r\n";
    n.receive(other.text());
    CHECK(n.last_sent().status() == 401);
    CHECK(n.all_events.empty());
  }
  SECTION("a Request-URI that a proxy has rewritten") {
    auto good = authorized(n, first, "secret");
    good.uri = "sip:bob@127.0.0.1:5060;line=2";
    n.receive(good.text());
    CHECK(n.events<call::call_incoming>().size() == 1);
  }
}

TEST_CASE("the order of refusals: 482, then 401, then 486") {
  node n(with_users());
  peer_request named;
  named.headers = "X-Session-ID: s1\r\n";
  n.receive(named.text());
  n.receive(ack_refusal(named, n.last_sent()));
  auto good = authorized(n, named, "secret");
  good.headers += named.headers;
  n.receive(good.text());
  REQUIRE(n.events<call::call_incoming>().size() == 1);
  SECTION("a merged copy of the one that was let in") {
    good.branch += "m";
    n.receive(good.text());
    CHECK(n.last_sent().status() == 482);
  }
  SECTION("a stranger does not learn that the session is in use") {
    peer_request stranger = named;
    stranger.call_id = "call-2";
    stranger.branch = "z9hG4bK-2";
    n.receive(stranger.text());
    CHECK(n.last_sent().status() == 401);
    n.receive(ack_refusal(stranger, n.last_sent()));
    auto known = authorized(n, stranger, "secret");
    known.headers += named.headers;
    n.receive(known.text());
    CHECK(n.last_sent().status() == 486);
    CHECK(n.last<call::call_rejected>().rule == "session_id_in_use");
  }
}

TEST_CASE("guessing passwords is answered by 403 past its limit") {
  node n(with_users());
  peer_request one;
  n.receive(one.text());
  const auto guess = [&](std::uint32_t i) {
    auto r = authorized(n, one, "guess");
    r.call_id = "guess-" + std::to_string(i);
    r.branch = "z9hG4bK-g" + std::to_string(i);
    n.receive(r.text());
    return n.last_sent().status();
  };
  // A bucket holds twice the rate.
  for (std::uint32_t i = 0; i < 2 * call::inbound_auth::max_wrong_a_second; ++i)
    CHECK(guess(i) == 401);
  CHECK(guess(1000) == 403);
  CHECK(n.last<call::call_rejected>().rule == "auth");
  n.advance(seconds(2));
  CHECK(guess(1001) == 401);
}

TEST_CASE("a far end that wants auth-int gets the body signed") {
  node n;
  guard g("here");
  n.dial(to_bob());
  std::string only = g.challenge("WWW-Authenticate", n.now());
  for (std::size_t at; (at = only.find("auth,auth-int")) != std::string::npos;)
    only.replace(at, 13, "auth-int");
  n.receive(respond_to(invite_of(n), 401, "b1", only));
  const auto signed_invite = n.last_sent("INVITE").message;
  const std::string value(signed_invite->value(sip::header_id::authorization));
  CHECK(sip::digest_credentials::parse(value)->qop == "auth-int");
  CHECK(g.server.check({value}, "INVITE", signed_invite->request_uri(),
                       std::string(signed_invite->body()) + "x",
                       n.now()) == sip::digest_verdict::wrong);
  CHECK(g.judge(*signed_invite, sip::header_id::authorization, n.now()) ==
        sip::digest_verdict::accepted);
  // The empty body of a BYE is signed too; nc rises.
  n.receive(respond_to(*signed_invite, 200, "b1", peer_contact, offer()));
  n.hang_up();
  const auto bye = n.last_sent("BYE").message;
  const auto c = sip::digest_credentials::parse(bye->value(sip::header_id::authorization));
  REQUIRE(c.has_value());
  CHECK(c->nonce_count == 2);
  CHECK(g.judge(*bye, sip::header_id::authorization, n.now()) == sip::digest_verdict::accepted);
}

TEST_CASE("a caller may sign the body, which then must be the one that came") {
  node n(with_users());
  const peer_request first;
  n.receive(first.text());
  const auto refusal = n.last_sent("401").message;
  n.receive(ack_refusal(first, *refusal));
  auto challenge =
      sip::digest_challenge::parse(refusal->value(sip::header_id::www_authenticate)).value();
  CHECK(challenge.qop_auth_int);
  challenge.qop_auth = false;
  seeded_random random(12);
  sip::digest_client client({"alice", "secret"});
  peer_request invite = first;
  invite.headers =
      "Authorization: " + client.answer(challenge, "INVITE", invite.uri, invite.body, random) +
      "\r\n";
  invite.cseq = 2;
  invite.branch = "z9hG4bK-int";
  SECTION("as signed") {
    n.receive(invite.text());
    CHECK(n.events<call::call_incoming>().size() == 1);
  }
  SECTION("changed on the way") {
    invite.body = offer("0", "", "127.0.0.66");
    n.receive(invite.text());
    CHECK(n.last_sent().status() == 401);
    CHECK(n.last<call::call_rejected>().rule == "auth");
  }
}

TEST_CASE("401 and 407 in one dialog: a BYE and a REFER are challenged by the proxy on the way") {
  const std::string method = GENERATE("BYE", "REFER");
  INFO(method);
  node n;
  guard proxy("proxy"), end("end");
  n.dial(to_bob());
  n.receive(respond_to(invite_of(n), 401, "b1", end.challenge("WWW-Authenticate", n.now())));
  n.receive(respond_to(invite_of(n), 200, "b1", peer_contact, offer()));
  if (method == "BYE")
    n.hang_up();
  else
    REQUIRE(n.endpoint().transfer(n.last_call, "sip:carol@127.0.0.3", n.now()));
  n.drain();
  const auto first = n.last_sent(method).message;
  CHECK(end.judge(*first, sip::header_id::authorization, n.now()) == sip::digest_verdict::accepted);
  n.receive(respond_to(*first, 407, "", proxy.challenge("Proxy-Authenticate", n.now())));
  const auto second = n.last_sent(method).message;
  CHECK(second->cseq()->number == first->cseq()->number + 1);
  CHECK(second->top_via()->branch() != first->top_via()->branch());
  CHECK(proxy.judge(*second, sip::header_id::proxy_authorization, n.now()) ==
        sip::digest_verdict::accepted);
  CHECK(end.judge(*second, sip::header_id::authorization, n.now()) ==
        sip::digest_verdict::accepted);
  CHECK(n.times_of(method).size() == 2);
}
