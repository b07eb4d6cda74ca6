#include "sipvoice/session/digit_sequence.hpp"

#include "support/catch.hpp"

using namespace sipvoice;
using session::digit_method;
using session::digit_sequence;
using std::chrono::milliseconds;

namespace {
constexpr time_point start{};
}

TEST_CASE("a sequence is found in the digits of either way") {
  digit_sequence s("*9");
  CHECK_FALSE(s.hear('1', digit_method::info, 100, start));
  CHECK_FALSE(s.hear('*', digit_method::rfc4733, 100, start));
  CHECK(s.hear('9', digit_method::info, 100, start + milliseconds(200)));
  digit_sequence none("");
  CHECK_FALSE(none.hear('1', digit_method::info, 100, start));
}

TEST_CASE("a digit that comes two ways at once is one, two digits stay two") {
  digit_sequence s("11");
  CHECK_FALSE(s.hear('1', digit_method::info, 100, start));
  CHECK_FALSE(s.hear('1', digit_method::rfc4733, 100, start + milliseconds(150)));
  CHECK(s.hear('1', digit_method::rfc4733, 100, start + milliseconds(400)));  // a second digit
  // ... whose own copy comes last.
  digit_sequence longer("111");
  for (int i = 0; i < 2; ++i) {
    const auto at = start + milliseconds(300 * i);
    CHECK_FALSE(longer.hear('1', digit_method::info, 100, at));
    CHECK_FALSE(longer.hear('1', digit_method::rfc4733, 100, at + milliseconds(100)));
  }
  CHECK(longer.hear('1', digit_method::info, 100, start + milliseconds(900)));
}

TEST_CASE("a copy comes within the longer duration and the window, to the millisecond") {
  const auto within = milliseconds(2000) + digit_sequence::window;
  digit_sequence s("55");
  CHECK_FALSE(s.hear('5', digit_method::info, 100, start));
  CHECK_FALSE(s.hear('5', digit_method::rfc4733, 2000, start + within));
  digit_sequence late("55");
  CHECK_FALSE(late.hear('5', digit_method::info, 100, start));
  CHECK(late.hear('5', digit_method::rfc4733, 2000, start + within + milliseconds(1)));
  digit_sequence same_way("55");
  CHECK_FALSE(same_way.hear('5', digit_method::info, 100, start));
  CHECK(same_way.hear('5', digit_method::info, 100, start));
}

TEST_CASE("what may still get its copy is bounded") {
  digit_sequence s("##");
  CHECK_FALSE(s.hear('#', digit_method::info, 60'000, start));
  for (std::size_t i = 0; i < digit_sequence::max_recent; ++i)
    CHECK_FALSE(s.hear('1', digit_method::info, 60'000, start));
  CHECK_FALSE(s.hear('#', digit_method::rfc4733, 60'000, start));  // its first is forgotten
  CHECK(s.hear('#', digit_method::rfc4733, 60'000, start));
}
