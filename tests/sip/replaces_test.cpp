#include "sipvoice/sip/replaces.hpp"

#include <random>

#include "support/catch.hpp"

using namespace sipvoice;
using sip::replaces;

TEST_CASE("Replaces as RFC 3891 writes it") {
  struct row {
    const char* text;
    const char *call_id, *to_tag, *from_tag;
    bool early_only;
  };
  const row rows[] = {
      {"98732@sip.example.com;from-tag=r33th4x0r;to-tag=ff87ff", "98732@sip.example.com", "ff87ff",
       "r33th4x0r", false},
      {"12adf2f34456gs5;to-tag=12345;from-tag=54321;early-only", "12adf2f34456gs5", "12345",
       "54321", true},
      {"87134@171.161.34.23;to-tag=24796;from-tag=0", "87134@171.161.34.23", "24796", "0", false},
      {" a ; TO-TAG = 1 ;From-Tag=2;x=\"y;to-tag=3\" ", "a", "1", "2", false},
      {"(<>:\\\"/[]?{}@h;to-tag=1;from-tag=2", "(<>:\\\"/[]?{}@h", "1", "2", false},
  };
  for (const row& r : rows) {
    INFO(r.text);
    const auto found = replaces::parse(r.text);
    REQUIRE(found.has_value());
    CHECK(found->call_id == r.call_id);
    CHECK(found->to_tag == r.to_tag);
    CHECK(found->from_tag == r.from_tag);
    CHECK(found->early_only == r.early_only);
    const auto again = replaces::parse(found->print());
    REQUIRE(again.has_value());
    CHECK(again->print() == found->print());
  }
}

TEST_CASE("a Replaces that cannot be one is refused") {
  const char* const bad[] = {"",
                             ";to-tag=1;from-tag=2",
                             "a",
                             "a;to-tag=1",
                             "a;from-tag=1",
                             "a;to-tag=1;to-tag=2;from-tag=3",
                             "a;to-tag=1;from-tag=2;from-tag=2",
                             "a;to-tag=;from-tag=2",
                             "a;to-tag;from-tag=2",
                             "a;to-tag=\"1\";from-tag=2",
                             "a;to-tag=1;from-tag=2;;",
                             "a b;to-tag=1;from-tag=2",
                             "a,b;to-tag=1;from-tag=2",
                             "a;to-tag=1;from-tag=2, b;to-tag=1;from-tag=2",
                             "a\r\nVia: x;to-tag=1;from-tag=2"};
  for (const char* text : bad) {
    INFO(text);
    CHECK_FALSE(replaces::parse(text).has_value());
  }
  const std::string tags = ";to-tag=1;from-tag=2";
  const std::string longest = std::string(replaces::max_size - tags.size(), 'x') + tags;
  CHECK(replaces::parse(longest).has_value());
  CHECK_FALSE(replaces::parse("x" + longest).has_value());
}

TEST_CASE("mutated Replaces values are read or refused, and read the same again") {
  const std::string good = "12adf2f34456gs5;to-tag=12345;from-tag=54321;early-only";
  std::mt19937 random(7);
  int read = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text = good;
    for (int n = 0; n < 3; ++n) text[random() % text.size()] = static_cast<char>(random());
    const auto found = replaces::parse(text);
    if (!found) continue;
    ++read;
    const auto again = replaces::parse(found->print());
    REQUIRE(again.has_value());
    CHECK(again->call_id == found->call_id);
    CHECK(again->to_tag == found->to_tag);
    CHECK(again->from_tag == found->from_tag);
  }
  CHECK(read > 0);
}
