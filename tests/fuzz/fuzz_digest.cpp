// Digest, both sides: arbitrary header values crash nothing; what a client answers to a challenge
// reads as what was challenged; what our server challenges and our client answers is accepted once.
#include <string>
#include <vector>

#include "check.hpp"
#include "sipvoice/sip/digest.hpp"
#include "sipvoice/sip/message.hpp"

namespace {

using namespace sipvoice;
using namespace sipvoice::sip;
using fuzz::require;

void answer(const std::string& value) {
  const auto challenge = digest_challenge::parse(value);
  if (!challenge || !is_safe_value(value)) return;
  seeded_random random(1);
  digest_client client({"user", "secret"});
  const std::string text = client.answer(*challenge, "INVITE", "sip:b@example.com", "body", random);
  require(is_safe_value(text), "what is answered can be sent");
  const auto c = digest_credentials::parse(text);
  require(c.has_value(), "what is answered can be read");
  require(c->realm == challenge->realm && c->nonce == challenge->nonce &&
              c->opaque == challenge->opaque && c->algorithm == challenge->algorithm,
          "the answer is to this challenge");
  require(c->qop.empty() || c->nonce_count == 1, "the first use of a nonce is the first");
}

void check_hostile(const std::string& value, digest_server& server, time_point now) {
  static_cast<void>(digest_credentials::parse(value));
  const std::vector<std::string_view> values{value, value};
  require(server.check(values, "INVITE", "sip:b@example.com", {}, now) != digest_verdict::accepted,
          "nobody guesses a digest");
}

void log_in(fuzz::input& in, digest_server& server, random_source& random, time_point now) {
  const std::string method = in.byte() % 2 == 0 ? "INVITE" : "BYE";
  const std::string body = in.bytes(in.byte());
  // The algorithms of one challenge share its nonce, whose count a client must let rise.
  for (std::size_t i = 0; i < digest_server_config{}.algorithms.size(); ++i) {
    const auto read = digest_challenge::parse(server.challenges(false, now).at(i));
    require(read.has_value(), "our challenge can be read");
    digest_client client({"alice", "open sesame"});
    for (int use = 0; use < 2; ++use) {
      const std::string text = client.answer(*read, method, "sip:b@example.com", body, random);
      const std::vector<std::string_view> values{text};
      const auto check = [&](time_point when) {
        return server.check(values, method, "sip:b@example.com", body, when);
      };
      require(check(now) == digest_verdict::accepted, "the right answer is accepted");
      require(check(now) != digest_verdict::accepted, "and not a second time");
      require(check(now + std::chrono::hours(1)) != digest_verdict::accepted, "nor later");
    }
  }
  require(server.nonces() <= 8, "the memory of nonces is bounded");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in(data, size);
  seeded_random random(7);
  digest_server_config config;
  config.max_nonces = 8;
  digest_server server(
      config,
      [](std::string_view user) -> std::optional<std::string> {
        if (user != "alice") return std::nullopt;
        return "open sesame";
      },
      random);
  const time_point now = time_point{} + std::chrono::hours(1);
  log_in(in, server, random, now);
  const std::string value = in.rest();
  answer(value);
  check_hostile(value, server, now);
  answer("Digest " + value);
  check_hostile("Digest " + value, server, now);
  return 0;
}
