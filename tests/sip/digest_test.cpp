#include "sipvoice/sip/digest.hpp"

#include "support/catch.hpp"

using namespace sipvoice;
using namespace sipvoice::sip;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view uri = "sip:bob@example.com";

struct both_sides {
  seeded_random random{7};
  digest_server server;
  digest_client client{{"alice", "secret"}};
  explicit both_sides(digest_server_config config = {})
      : server(
            std::move(config),
            [](std::string_view user) -> std::optional<std::string> {
              if (user == "alice") return "secret";
              return std::nullopt;
            },
            random) {}
  std::string respond(const std::string& challenge, std::string_view method = "INVITE",
                      std::string_view body = {}) {
    return client.answer(digest_challenge::parse(challenge).value(), method, uri, body, random);
  }
  digest_verdict check(const std::string& value, time_point now, std::string_view method = "INVITE",
                       std::string_view body = {}) {
    return server.check({value}, method, uri, body, now);
  }
};

const time_point start = time_point{} + 100s;

}  // namespace

TEST_CASE("each challenge is a header of its own, SHA-256 first, each answer to it is accepted") {
  both_sides s;
  const auto all = s.server.challenges(false, start);
  REQUIRE(all.size() == 2);
  CHECK(all[0].find("algorithm=SHA-256") != std::string::npos);
  CHECK(all[1].find("algorithm=MD5") != std::string::npos);
  for (const auto& c : all) CHECK(s.check(s.respond(c), start) == digest_verdict::accepted);
}

TEST_CASE("nc rises with each use of a nonce, a replay is refused") {
  both_sides s;
  const auto challenge = s.server.challenges(false, start)[0];
  const auto first = s.respond(challenge), second = s.respond(challenge);
  CHECK(first.find("nc=00000001") != std::string::npos);
  CHECK(second.find("nc=00000002") != std::string::npos);
  CHECK(s.check(first, start) == digest_verdict::accepted);
  CHECK(s.check(first, start) == digest_verdict::wrong);
  CHECK(s.check(second, start) == digest_verdict::accepted);
}

TEST_CASE("an old nonce with the right password is stale, a wrong password is wrong") {
  both_sides s;
  const auto challenge = s.server.challenges(false, start)[0];
  const auto value = s.respond(challenge);
  CHECK(s.check(value, start + 5min + 1ns) == digest_verdict::stale);
  CHECK(s.check(value, start + 5min) == digest_verdict::accepted);
  digest_client thief({"alice", "guess"}), stranger({"eve", "secret"});
  const auto parsed = digest_challenge::parse(challenge).value();
  CHECK(s.check(thief.answer(parsed, "INVITE", uri, "", s.random), start) == digest_verdict::wrong);
  CHECK(s.check(stranger.answer(parsed, "INVITE", uri, "", s.random), start) ==
        digest_verdict::wrong);
  const auto stale = s.server.challenges(true, start)[0];
  CHECK(digest_challenge::parse(stale).value().stale);
}

TEST_CASE("what was signed for one method, URI or body is not good for another") {
  both_sides s;
  const auto challenge = s.server.challenges(false, start)[0];
  CHECK(s.check(s.respond(challenge, "BYE"), start, "INVITE") == digest_verdict::wrong);
  CHECK(s.server.check({s.respond(challenge)}, "INVITE", "sip:eve@example.com", "", start) ==
        digest_verdict::wrong);
  std::string int_only = challenge;
  int_only.replace(int_only.find("auth,auth-int"), 13, "auth-int");
  CHECK(s.check(s.respond(int_only, "INVITE", "v=0"), start, "INVITE", "v=0") ==
        digest_verdict::accepted);
  CHECK(s.check(s.respond(int_only, "INVITE", "v=0"), start, "INVITE", "v=1") ==
        digest_verdict::wrong);
}

TEST_CASE("a nonce of somebody else is stale, credentials of another realm are none") {
  both_sides s, other({.realm = "other"});
  std::string forged = s.server.challenges(false, start)[0];
  const auto at = forged.find("nonce=\"") + 7;
  forged.replace(at, forged.find('"', at) - at, "100000000000.00000000000000000000000000000000");
  CHECK(s.check(s.respond(forged), start) == digest_verdict::stale);
  CHECK(s.check(other.respond(other.server.challenges(false, start)[0]), start) ==
        digest_verdict::missing);
  CHECK(s.check("Basic YWxpY2U6c2VjcmV0", start) == digest_verdict::missing);
  CHECK(s.server.check({}, "INVITE", uri, "", start) == digest_verdict::missing);
  CHECK(s.check("Digest username=\"alice\"", start) == digest_verdict::malformed);
}

TEST_CASE("challenges that cannot be answered say why") {
  struct row {
    const char* value;
    const char* why;
  };
  const row rows[] = {
      {"Basic realm=\"x\"", "not a Digest challenge"},
      {"Digest realm=\"x\"", "challenge without a nonce"},
      {"Digest realm=\"x\", nonce=\"1\", algorithm=SHA3", "unknown digest algorithm"},
      {"Digest realm=\"x\", nonce=\"1\", qop=\"auth-conf\"", "no qop that we have"},
  };
  for (const row& r : rows) {
    INFO(r.value);
    const auto c = digest_challenge::parse(r.value);
    REQUIRE(!c);
    CHECK(std::string(c.error().what) == r.why);
  }
}

TEST_CASE("the memory of used nonces is bounded") {
  both_sides s({.max_nonces = 8});
  for (int i = 0; i < 100; ++i) {
    const time_point now = start + i * 1s;
    CHECK(s.check(s.respond(s.server.challenges(false, now)[0]), now) == digest_verdict::accepted);
    REQUIRE(s.server.nonces() <= 8);
  }
}
