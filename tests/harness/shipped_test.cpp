// Each scenario that is shipped passes in virtual time, again and again alike.
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "rows.hpp"
#include "sipvoice/report/json.hpp"
#include "support/source_dir.hpp"

using namespace sipvoice;
using scenario::verdict;

namespace {

/// A copy of the scenarios, beside the samples: what they record is not left in the source.
struct copied {
  std::filesystem::path in;
  copied() {
    in = std::filesystem::temp_directory_path() / ("sipvoice-shipped-" + std::to_string(getpid()));
    const std::filesystem::path source = test::source_dir();
    std::filesystem::create_directories(in / "scenarios");
    std::filesystem::create_directory_symlink(source / "samples", in / "samples");
    for (const auto& entry : std::filesystem::directory_iterator(source / "scenarios"))
      if (entry.is_regular_file())
        std::filesystem::copy(entry.path(), in / "scenarios" / entry.path().filename());
  }
  ~copied() { std::filesystem::remove_all(in); }
  copied(const copied&) = delete;
  copied& operator=(const copied&) = delete;

  [[nodiscard]] std::vector<std::filesystem::path> files() const {
    std::vector<std::filesystem::path> all;
    for (const auto& entry : std::filesystem::directory_iterator(in / "scenarios"))
      if (entry.path().extension() == ".yaml") all.push_back(entry.path());
    std::sort(all.begin(), all.end());
    return all;
  }
};

scenario::document read_shipped(const std::filesystem::path& file) {
  std::ifstream in(file);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  scenario::surroundings around;
  around.file_exists = [](const std::string& path) { return std::filesystem::exists(path); };
  around.environment = [](const std::string&) { return std::nullopt; };
  around.variables = {{"TARGET", "127.0.0.1:5070"}};
  std::vector<scenario::mistake> mistakes;
  auto d = scenario::read_document(text, file.string(), around, mistakes);
  std::string said;
  for (const auto& m : mistakes) said += std::to_string(m.line) + ": " + m.text + "\n";
  INFO(said);
  REQUIRE(d);
  return std::move(*d);
}

std::string json_of(scenario::scenario_report r) {
  scenario::run_report run;
  run.version = "1";
  run.seed = r.seed;
  run.simulated = true;
  run.scenarios.push_back(std::move(r));
  return report::report_json(run);
}

}  // namespace

TEST_CASE("Shipped scenarios pass in virtual time, twice alike") {
  std::size_t passed = 0;
  const copied folder;
  for (const auto& file : folder.files()) {
    const scenario::document d = read_shipped(file);
    harness::run_settings s;
    s.seed = 3;
    const auto first = run_simulated(d, s);
    INFO(file);
    INFO(test::told(first));
    if (d.leaves()) {
      CHECK(first.result == verdict::skipped);
      CHECK_FALSE(first.skipped_because.empty());
      continue;
    }
    CHECK(first.result == verdict::passed);
    CHECK(json_of(first) == json_of(run_simulated(d, s)));
    ++passed;
  }
  CHECK(passed >= 20);
}

TEST_CASE("A registration needs somebody outside, and is skipped") {
  const auto r = test::simulate(R"(
 a:
  register: "sip:a@127.0.0.1:5070"
  steps:
   - wait: 1s
)");
  CHECK(r.result == verdict::skipped);
  CHECK_FALSE(r.skipped_because.empty());
  CHECK_FALSE(r.failure);
}

TEST_CASE("A call by way of a proxy outside is skipped") {
  const auto r = test::simulate(R"(
 a:
  - call: {to: b, proxy: "sip:127.0.0.1:5070"}
  - expect_answer
 b:
  - expect_call
  - answer
)");
  CHECK(r.result == verdict::skipped);
}

namespace {

const char* const noisy = R"(
 a:
  network: {loss: 5%, delay: 40ms, jitter: 30ms, reorder: 2%, duplicate: 2%}
  steps:
   - call: b
   - expect_answer: {within: 20s}
   - send_dtmf: "123"
   - wait: 3s
 b:
  network: {loss: 5%}
  steps:
   - expect_call: {within: 20s}
   - answer
   - expect_dtmf: {digits: "123", within: 20s}
)";

}  // namespace

TEST_CASE("The same seed gives the same report, byte for byte") {
  CHECK(json_of(test::simulate(noisy, 7)) == json_of(test::simulate(noisy, 7)));
}

TEST_CASE("Another seed gives other Call-IDs and another network") {
  const auto a = test::simulate(noisy, 7), b = test::simulate(noisy, 8);
  REQUIRE(a.parties.at(0).calls.size() == 1);
  REQUIRE(b.parties.at(0).calls.size() == 1);
  CHECK_FALSE(a.parties[0].calls[0].call_id.empty());
  CHECK(a.parties[0].calls[0].call_id != b.parties[0].calls[0].call_id);
  CHECK(json_of(a) != json_of(b));
}
