#include "sipvoice/base/byte_budget.hpp"

#include "support/catch.hpp"

using sipvoice::byte_budget;

TEST_CASE("a byte budget at its edges") {
  byte_budget all(100, 10);
  CHECK(all.has_room(50));        // large: half of it
  CHECK_FALSE(all.has_room(51));  // and no more
  std::size_t first = 0, second = 0;
  all.set(first, 45);
  CHECK(all.has_room(10));
  CHECK_FALSE(all.has_room(11));  // large, and beyond the half
  all.set(second, 46);
  CHECK(all.used() == 91);
  CHECK(all.has_room(9));
  CHECK_FALSE(all.has_room(10));
  all.set(first, 60);  // what is in may grow
  CHECK(all.used() == 106);
  CHECK(first == 60);
  CHECK_FALSE(all.has_room(0));
  all.set(first, 0);
  CHECK(all.used() == 46);
  all.set(second, 0);
  CHECK(all.used() == 0);
}
