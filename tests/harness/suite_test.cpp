// Many scenarios: their order, retries, an interrupt, and what is kept of those that failed.
#include "sipvoice/harness/suite.hpp"

#include <unistd.h>

#include <atomic>
#include <set>

#include "rows.hpp"

using namespace sipvoice;
using scenario::verdict;

namespace {

harness::job passing(const std::string& title, const std::string& wait = "1s") {
  return {test::read_scenario("scenario: " + title + "\nparties:\n a:\n  - wait: " + wait + "\n"),
          ""};
}

harness::job failing(const std::string& title) {
  return {test::read_scenario("scenario: " + title + R"(
parties:
 a:
  - call: b
  - expect_rejected
 b:
  - expect_call
  - answer
)"),
          ""};
}

harness::suite_settings simulated() {
  harness::suite_settings s;
  s.simulate = true;
  return s;
}

/// Passes when not one of two packets is lost: with some seeds, and not with others.
std::string unreliable() {
  return R"(
 a:
  network: {sip: {loss: 50%}}
  steps:
   - message: {to: b, body: hello}
   - wait: 1s
 b:
  - expect_request: {method: MESSAGE, within: 300ms}
)";
}

/// A seed with which it fails, and passes with the next.
std::uint64_t changing_seed() {
  for (std::uint64_t seed = 1; seed < 200; ++seed)
    if (test::simulate(unreliable(), seed).result == verdict::failed &&
        test::simulate(unreliable(), seed + 1).result == verdict::passed)
      return seed;
  return 0;
}

}  // namespace

TEST_CASE("Scenarios side by side are reported in their order") {
  std::vector<harness::job> jobs;
  for (int i = 0; i < 40; ++i)
    jobs.push_back(i % 3 == 2 ? failing("number " + std::to_string(i))
                              : passing("number " + std::to_string(i), i % 2 == 0 ? "1s" : "50s"));
  auto s = simulated();
  s.jobs = 4;
  int started = 0, finished = 0;
  std::multiset<std::string> names;
  s.started = [&](const harness::job&) { ++started; };
  s.finished = [&](const scenario::scenario_report& r) {
    ++finished;
    names.insert(r.name);
  };
  const auto reports = run_suite(jobs, s);
  REQUIRE(reports.size() == jobs.size());
  for (std::size_t i = 0; i < reports.size(); ++i) {
    CHECK(reports[i].name == "number " + std::to_string(i));
    CHECK(reports[i].result == (i % 3 == 2 ? verdict::failed : verdict::passed));
    CHECK(names.count(reports[i].name) == 1);
  }
  CHECK(started == 40);
  CHECK(finished == 40);
}

TEST_CASE("Nothing to run is no report") { CHECK(run_suite({}, simulated()).empty()); }

TEST_CASE("What fails and passes when it is tried again is flaky") {
  auto s = simulated();
  s.seed = changing_seed();
  REQUIRE(s.seed != 0);
  const std::vector<harness::job> jobs{{test::read_scenario(unreliable()), "row 2"}};
  const auto once = run_suite(jobs, s);
  CHECK(once.at(0).result == verdict::failed);
  CHECK(once.at(0).tries == 1);
  s.retries = 3;
  const auto again = run_suite(jobs, s);
  CHECK(again.at(0).result == verdict::flaky);
  CHECK(again.at(0).tries == 2);
  CHECK(again.at(0).row == "row 2");
  CHECK(again.at(0).failure);
  const auto never = run_suite({failing("never")}, s);
  CHECK(never.at(0).result == verdict::failed);
  CHECK(never.at(0).tries == 4);
}

TEST_CASE("An interrupt before the first scenario: none runs, and each has failed") {
  std::atomic<bool> interrupted{true};
  auto s = simulated();
  s.interrupted = &interrupted;
  s.jobs = 2;
  int started = 0;
  s.started = [&](const harness::job&) { ++started; };
  const auto reports = run_suite({passing("one"), passing("two"), passing("three")}, s);
  REQUIRE(reports.size() == 3);
  for (const auto& r : reports) {
    CHECK(r.result == verdict::failed);
    REQUIRE(r.failure);
    CHECK(r.failure->kind == scenario::failure_kind::time);
    CHECK_THAT(r.failure->seen, Catch::Contains("interrupted"));
  }
  CHECK(started == 0);
}

TEST_CASE("An interrupt during a scenario ends it in order, and none is tried again") {
  std::atomic<bool> interrupted{false};
  auto s = simulated();
  s.interrupted = &interrupted;
  s.retries = 5;
  s.step = [&](const harness::job&, const scenario::step_report& r, const std::string&) {
    if (r.step == "expect_dtmf") interrupted = true;
  };
  const harness::job during{test::read_scenario(R"(
 a:
  - call: b
  - expect_answer
  - wait: 30s
 b:
  - expect_call
  - answer
  - expect_dtmf: {digits: "1", within: 30s}
)"),
                            ""};
  const auto reports = run_suite({passing("one"), during, passing("three")}, s);
  REQUIRE(reports.size() == 3);
  CHECK(reports[0].result == verdict::passed);
  CHECK(reports[1].result == verdict::failed);
  CHECK(reports[1].tries == 1);
  REQUIRE(reports[1].failure);
  CHECK_THAT(reports[1].failure->seen, Catch::Contains("interrupted"));
  CHECK(reports[1].duration_ms < 30'000);
  REQUIRE(reports[1].parties.at(0).calls.size() == 1);
  CHECK(reports[1].parties[0].calls[0].ended_ms);  // hung up
  CHECK(reports[2].result == verdict::failed);
  CHECK_THAT(reports[2].failure->seen, Catch::Contains("before it began"));
}

TEST_CASE("A folder is kept of each scenario that failed, and of no other") {
  namespace fs = std::filesystem;
  const fs::path in =
      fs::temp_directory_path() / ("sipvoice-artifacts-" + std::to_string(getpid()));
  fs::remove_all(in);
  auto s = simulated();
  s.artifacts = in.string();
  s.jobs = 2;
  const auto reports = run_suite({passing("one"), failing("two"), failing("three")}, s);
  std::size_t folders = 0;
  for (const auto& entry : fs::directory_iterator(in)) {
    ++folders;
    CHECK(fs::exists(entry.path() / "log.txt"));
    CHECK(fs::file_size(entry.path() / "log.txt") > 100);
  }
  CHECK(folders == 2);
  CHECK(reports.at(0).artifacts.empty());
  for (const std::size_t i : {1U, 2U}) {
    CHECK(reports.at(i).artifacts.size() >= 2);  // the log, and sounds
    for (const std::string& file : reports[i].artifacts) CHECK(fs::exists(in / file));
  }
  CHECK(reports[1].artifacts != reports[2].artifacts);
  fs::remove_all(in);
}
