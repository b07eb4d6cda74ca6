// Bounds of the SIP layer at their edges, where no other test has them: so much passes, one more
// does not. (Headers, start line and head: message_test.cpp; routes: dialog_test.cpp; DNS answers:
// locator_test.cpp; server transactions: user_agent_test.cpp.)
#include "sipvoice/sip/info_digit.hpp"
#include "sipvoice/sip/locator.hpp"
#include "sipvoice/sip/message_stream.hpp"
#include "sipvoice/sip/refer_to.hpp"
#include "sipvoice/sip/replaces.hpp"
#include "sipvoice/sip/uri.hpp"
#include "support/catch.hpp"

using namespace sipvoice;
using namespace sipvoice::sip;

namespace {

/// `before` and `after` with as many letters between them as make it `size` long.
std::string padded(const std::string& before, const std::string& after, std::size_t size) {
  return before + std::string(size - before.size() - after.size(), 'x') + after;
}

}  // namespace

TEST_CASE("the longest head on a stream, whatever its messages may be") {
  for (const std::size_t size : {stream_limits::max_head, stream_limits::max_head + 1}) {
    message_stream stream(std::size_t{1} << 20);
    stream.receive(padded("OPTIONS sip:a SIP/2.0\r\nX: ", "\r\nl: 0\r\n\r\n", size));
    const bool passes = size == stream_limits::max_head;
    CHECK(stream.poll().has_value() == passes);
    CHECK((stream.broken() == nullptr) == passes);
  }
}

TEST_CASE("the longest Refer-To") {
  const auto of = [](std::size_t n) { return refer_to::parse(padded("<sip:", "@h>", n)); };
  CHECK(of(refer_to::max_size).has_value());
  CHECK_FALSE(of(refer_to::max_size + 1).has_value());
}

TEST_CASE("the longest Replaces") {
  const auto of = [](std::size_t n) {
    return replaces::parse(padded("c", ";to-tag=a;from-tag=b", n));
  };
  REQUIRE(of(replaces::max_size).has_value());
  CHECK(of(replaces::max_size)->to_tag == "a");
  CHECK_FALSE(of(replaces::max_size + 1).has_value());
}

TEST_CASE("the longest Referred-By") {
  CHECK(is_referred_by(padded("<sip:", "@h>", max_referred_by)));
  CHECK_FALSE(is_referred_by(padded("<sip:", "@h>", max_referred_by + 1)));
}

TEST_CASE("the longest digit: a minute, to which longer ones are cut") {
  const auto of = [](std::uint32_t ms) {
    return info_digit::parse_relay("Signal=5\r\nDuration=" + std::to_string(ms) + "\r\n")
        ->duration_ms;
  };
  CHECK(of(info_digit::max_duration_ms) == info_digit::max_duration_ms);
  CHECK(of(info_digit::max_duration_ms + 1) == info_digit::max_duration_ms);
  CHECK(of(info_digit::max_duration_ms - 1) == info_digit::max_duration_ms - 1);
}

TEST_CASE("the longest name that is asked for") {
  seeded_random random(1);
  const auto asked = [&](std::size_t n) {
    // A port, so that addresses are asked for and no name is put before it.
    locator l("sip:" + std::string(n, 'n') + ":5060;transport=udp", {}, random);
    std::size_t questions = 0;
    while (l.poll()) ++questions;
    if (questions == 0) CHECK(l.done());
    return questions;
  };
  CHECK(asked(locator_limits::max_name_length) == 2);  // A and AAAA
  CHECK(asked(locator_limits::max_name_length + 1) == 0);
}

TEST_CASE("URIs with more than 64 parameters are equal only as the same text") {
  const auto same = [](int n) {
    std::string up = "sip:a@h", down = up;
    for (int i = 0; i < n; ++i) {
      up += ";p" + std::to_string(i) + "=1";
      down += ";p" + std::to_string(n - 1 - i) + "=1";
    }
    CHECK(equivalent(*uri::parse(up), *uri::parse(up)));
    return equivalent(*uri::parse(up), *uri::parse(down));
  };
  CHECK(same(64));
  CHECK_FALSE(same(65));
}
