#include "sipvoice/session/digit_sequence.hpp"

#include "support/catch.hpp"

using namespace sipvoice;
using session::digit_sequence;

TEST_CASE("a sequence is found in the digits, whatever came before") {
  digit_sequence s("*9");
  CHECK_FALSE(s.hear('9'));
  CHECK_FALSE(s.hear('*'));
  CHECK_FALSE(s.hear('*'));
  CHECK(s.hear('9'));
  digit_sequence none("");
  CHECK_FALSE(none.hear('1'));
}
