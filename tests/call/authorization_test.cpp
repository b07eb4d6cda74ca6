#include "sipvoice/call/authorization.hpp"

#include "support/catch.hpp"

using namespace sipvoice;
using call::account;
using call::authorization;

namespace {

const ip_address proxy_ip = ip_address::v4(127, 0, 0, 2);
const ip_address stranger = ip_address::v4(127, 0, 0, 9);
const std::string uri = "sip:bob@127.0.0.2";

sip::message response(int status, const std::string& headers) {
  return *sip::message::parse("SIP/2.0 " + std::to_string(status) +
                              " X\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1\r\n" + headers +
                              "Content-Length: 0\r\n\r\n");
}

std::string challenge(const std::string& realm, const std::string& nonce,
                      const std::string& more = ", algorithm=MD5, qop=\"auth\"",
                      const std::string& header = "WWW-Authenticate") {
  return header + ": Digest realm=\"" + realm + "\", nonce=\"" + nonce + "\"" + more + "\r\n";
}

authorization alice(random_source& random, std::optional<std::string> realm = std::nullopt) {
  authorization a({{"alice", "secret", std::move(realm)}}, random);
  a.trust({proxy_ip});
  return a;
}

/// The request that would go out now.
sip::message request(authorization& auth, authorization::attempt& a, const std::string& body = {}) {
  auto b = sip::message_builder::request("INVITE", uri);
  auth.add_to(b, "INVITE", uri, body, a);
  return *sip::message::parse(b.finish("text/plain", body));
}

sip::digest_credentials credentials(const sip::message& m, sip::header_id id) {
  return *sip::digest_credentials::parse(m.value(id));
}

}  // namespace

TEST_CASE("a challenge is answered, and nc rises on what follows") {
  seeded_random random(1);
  auto auth = alice(random);
  authorization::attempt invite;
  CHECK(request(auth, invite).count(sip::header_id::authorization) == 0);
  REQUIRE(auth.take_challenge(response(401, challenge("here", "n1")), proxy_ip, invite));
  const auto first = credentials(request(auth, invite), sip::header_id::authorization);
  CHECK(first.username == "alice");
  CHECK(first.realm == "here");
  CHECK(first.nonce == "n1");
  CHECK(first.nonce_count == 1);
  CHECK(first.uri == uri);
  CHECK(first.response == sip::digest_response({.algorithm = sip::digest_algorithm::md5,
                                                .username = "alice",
                                                .realm = "here",
                                                .password = "secret",
                                                .method = "INVITE",
                                                .uri = uri,
                                                .nonce = "n1",
                                                .cnonce = first.cnonce,
                                                .qop = "auth",
                                                .nonce_count = 1,
                                                .body = {}}));
  authorization::attempt bye;
  CHECK(credentials(request(auth, bye), sip::header_id::authorization).nonce_count == 2);

  auto ack = sip::message_builder::request("ACK", uri);
  authorization::repeat_in(ack, invite);
  const auto same = *sip::message::parse(ack.finish());
  CHECK(credentials(same, sip::header_id::authorization).response == first.response);
}

TEST_CASE("a server that checks is satisfied by each algorithm and qop") {
  using sip::digest_algorithm;
  for (const auto algorithm : {digest_algorithm::md5, digest_algorithm::md5_sess,
                               digest_algorithm::sha256, digest_algorithm::sha512_256}) {
    INFO(sip::name_of(algorithm));
    seeded_random random(2);
    sip::digest_server_config config;
    config.algorithms = {algorithm};
    sip::digest_server server(
        config, [](std::string_view) { return std::optional<std::string>("secret"); }, random);
    auto auth = alice(random);
    authorization::attempt a;
    const std::string line = "Proxy-Authenticate: " + server.challenges(false, {})[0] + "\r\n";
    REQUIRE(auth.take_challenge(response(407, line), proxy_ip, a));
    for (int i = 0; i < 3; ++i) {
      const auto m = request(auth, a, "body");
      CHECK(server.check({m.value(sip::header_id::proxy_authorization)}, "INVITE", uri, m.body(),
                         {}) == sip::digest_verdict::accepted);
    }
  }
}

TEST_CASE("of several algorithms of one realm the strongest is answered, once") {
  seeded_random random(3);
  auto auth = alice(random);
  authorization::attempt a;
  const std::string lines = challenge("here", "m", ", algorithm=MD5, qop=\"auth\"") +
                            challenge("here", "x", ", algorithm=SHA-1, qop=\"auth\"") +
                            challenge("here", "s", ", algorithm=SHA-256, qop=\"auth\"") +
                            "WWW-Authenticate: Basic realm=\"here\"\r\n";
  REQUIRE(auth.take_challenge(response(401, lines), proxy_ip, a));
  const auto m = request(auth, a);
  REQUIRE(m.count(sip::header_id::authorization) == 1);
  CHECK(credentials(m, sip::header_id::authorization).algorithm == sip::digest_algorithm::sha256);
  CHECK(credentials(m, sip::header_id::authorization).nonce == "s");
}

TEST_CASE("each realm is kept: a proxy, then another, then the far end") {
  seeded_random random(4);
  auto auth = alice(random);
  authorization::attempt a;
  const auto proxy = [](const char* realm) {
    return challenge(realm, "n", ", qop=\"auth\"", "Proxy-Authenticate");
  };
  REQUIRE(auth.take_challenge(response(407, proxy("one")), proxy_ip, a));
  CHECK(request(auth, a).count(sip::header_id::proxy_authorization) == 1);
  REQUIRE(auth.take_challenge(response(407, proxy("two")), proxy_ip, a));
  CHECK(request(auth, a).count(sip::header_id::proxy_authorization) == 2);
  REQUIRE(auth.take_challenge(response(401, challenge("end", "n")), proxy_ip, a));
  const auto m = request(auth, a);
  CHECK(m.count(sip::header_id::proxy_authorization) == 2);
  CHECK(m.count(sip::header_id::authorization) == 1);
}

TEST_CASE("what is not answered") {
  seeded_random random(5);
  authorization::attempt a;
  const auto plain = response(401, challenge("here", "n"));
  SECTION("no account") {
    authorization none({}, random);
    none.trust({proxy_ip});
    CHECK_FALSE(none.take_challenge(plain, proxy_ip, a));
  }
  SECTION("another realm than the configured one") {
    auto auth = alice(random, "there");
    CHECK_FALSE(auth.take_challenge(plain, proxy_ip, a));
    CHECK(auth.take_challenge(response(401, challenge("there", "n")), proxy_ip, a));
  }
  SECTION("a peer that was not configured") {
    auto auth = alice(random);
    CHECK_FALSE(auth.take_challenge(plain, stranger, a));
  }
  SECTION("another status, another scheme, no challenge at all") {
    auto auth = alice(random);
    CHECK_FALSE(auth.take_challenge(response(403, challenge("here", "n")), proxy_ip, a));
    CHECK_FALSE(
        auth.take_challenge(response(401, "WWW-Authenticate: Basic realm=\"x\"\r\n"), proxy_ip, a));
    CHECK_FALSE(auth.take_challenge(response(401, ""), proxy_ip, a));
  }
  SECTION("a user name that could not stand in a header") {
    authorization bad({{"ali\r\nce", "x"}}, random);
    bad.trust({proxy_ip});
    CHECK_FALSE(bad.take_challenge(plain, proxy_ip, a));
  }
  CHECK(a.sent.empty());
}

TEST_CASE("refused credentials are not sent again, a stale nonce is replaced") {
  seeded_random random(6);
  auto auth = alice(random);
  authorization::attempt a;
  REQUIRE(auth.take_challenge(response(401, challenge("here", "n1")), proxy_ip, a));
  static_cast<void>(request(auth, a));
  SECTION("wrong password, a new nonce each time") {
    CHECK_FALSE(auth.take_challenge(response(401, challenge("here", "n2")), proxy_ip, a));
  }
  SECTION("stale with the same nonce") {
    CHECK_FALSE(auth.take_challenge(
        response(401, challenge("here", "n1", ", qop=\"auth\", stale=true")), proxy_ip, a));
  }
  SECTION("stale with a new nonce") {
    REQUIRE(auth.take_challenge(
        response(401, challenge("here", "n2", ", qop=\"auth\", stale=TRUE")), proxy_ip, a));
    const auto c = credentials(request(auth, a), sip::header_id::authorization);
    CHECK(c.nonce == "n2");
    CHECK(c.nonce_count == 1);
  }
  SECTION("a later request may be asked anew, even without stale") {
    authorization::attempt bye;
    static_cast<void>(request(auth, bye));
    CHECK_FALSE(auth.take_challenge(response(401, challenge("here", "n1")), proxy_ip, bye));
    REQUIRE(auth.take_challenge(response(401, challenge("here", "n3")), proxy_ip, bye));
    CHECK(credentials(request(auth, bye), sip::header_id::authorization).nonce == "n3");
  }
}

TEST_CASE("limits of the answering side") {
  seeded_random random(7);
  auto auth = alice(random);
  SECTION("rounds of one request, at the edge") {
    authorization::attempt a;
    for (int i = 0; i < authorization::max_rounds; ++i) {
      const auto stale = challenge("here", "n" + std::to_string(i), ", qop=\"auth\", stale=true");
      REQUIRE(auth.take_challenge(response(401, stale), proxy_ip, a));
      static_cast<void>(request(auth, a));
    }
    const auto more = challenge("here", "more", ", qop=\"auth\", stale=true");
    CHECK_FALSE(auth.take_challenge(response(401, more), proxy_ip, a));
  }
  SECTION("realms") {
    for (std::size_t i = 0; i < authorization::max_realms; ++i) {
      authorization::attempt a;
      const auto one = challenge("realm" + std::to_string(i), "n");
      REQUIRE(auth.take_challenge(response(401, one), proxy_ip, a));
    }
    authorization::attempt a;
    CHECK_FALSE(auth.take_challenge(response(401, challenge("one more", "n")), proxy_ip, a));
    CHECK(request(auth, a).count(sip::header_id::authorization) == authorization::max_realms);
  }
  SECTION("peers") {
    for (std::size_t i = 0; i < authorization::max_peers + 4; ++i)
      auth.trust({ip_address::v4(10, 0, 0, static_cast<std::uint8_t>(i + 1))});
    CHECK(auth.trusts(ip_address::v4(10, 0, 0, authorization::max_peers - 1)));
    CHECK_FALSE(auth.trusts(ip_address::v4(10, 0, 0, authorization::max_peers)));
  }
}
