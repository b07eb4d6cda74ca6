#include "sipvoice/session/uri_patterns.hpp"

#include "support/catch.hpp"

using sipvoice::session::make_uri_matcher;

TEST_CASE("patterns for URIs are those of routes") {
  std::string why;
  const auto some = make_uri_matcher({"sip:bob@example.com", "/^sips?:1[0-9]+@/i"}, why);
  REQUIRE(some);
  CHECK(some("sip:bob@example.com"));
  CHECK(some("SIP:123@h"));
  CHECK_FALSE(some("sip:bob@example.com.evil.org"));
  CHECK_FALSE(some("sip:alice@example.com"));
  CHECK(make_uri_matcher({"*"}, why)("sip:anyone@h"));
  CHECK_FALSE(make_uri_matcher({}, why)("sip:anyone@h"));
  CHECK_FALSE(make_uri_matcher({"/(/"}, why));
  CHECK_FALSE(why.empty());
  // Longer than a regular expression is ever given.
  CHECK_FALSE(make_uri_matcher({"/sip/"}, why)("sip:" + std::string(300, 'a') + "@h"));
}
