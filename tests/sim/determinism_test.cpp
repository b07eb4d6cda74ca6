// One seed decides everything: two worlds from the same seed give the same messages at the same
// moments, byte for byte.
#include <string>

#include "sim/soak/batch.hpp"
#include "support/catch.hpp"

namespace {

std::string trace_of(std::uint64_t seed, bool with_media = false) {
  std::string all;
  soak::batch_options o;
  o.seed = seed;
  o.with_media = with_media;
  o.trace = [&all](const std::string& line, const std::string&) { all += line + "\n"; };
  const soak::batch_report report = soak::run_batch(o);
  CHECK(report.violations.empty());
  CHECK(report.calls == 50);
  return all;
}

}  // namespace

TEST_CASE("the same seed gives the same trace, another seed another one") {
  const std::string first = trace_of(7);
  CHECK(first.size() > 10'000);
  CHECK(first == trace_of(7));
  CHECK(first != trace_of(8));
}

TEST_CASE("the same seed gives the same trace with media too") {
  const std::string first = trace_of(50, true);
  CHECK(first == trace_of(50, true));
}
