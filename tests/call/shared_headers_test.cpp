#include "sipvoice/call/shared_headers.hpp"

#include "support/catch.hpp"

using sipvoice::call::header_list;
using sipvoice::call::shared_headers;

namespace {

header_list listed(const shared_headers& headers) { return {headers.begin(), headers.end()}; }

}  // namespace

TEST_CASE("a copy of headers shares them until one of the two is changed") {
  shared_headers one{{"X-A", "1"}, {"x-b", "2"}};
  shared_headers other = one;
  CHECK(one.begin() == other.begin());
  other.emplace_back("X-C", "3");
  other.push_back({"X-D", "4"});
  CHECK(listed(one) == header_list{{"X-A", "1"}, {"x-b", "2"}});
  CHECK(listed(other) == header_list{{"X-A", "1"}, {"x-b", "2"}, {"X-C", "3"}, {"X-D", "4"}});
  const shared_headers kept = one;
  one.clear();
  CHECK(one.empty());
  CHECK(kept.size() == 2);
}

TEST_CASE("headers that nobody has set are none") {
  shared_headers none;
  CHECK(none.empty());
  CHECK(none.begin() == none.end());
  shared_headers copy = none;
  copy.reserve(4);
  copy.emplace_back("X-A", "1");
  CHECK(none.empty());
  CHECK(copy.size() == 1);
}
