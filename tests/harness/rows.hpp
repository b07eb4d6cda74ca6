// Small scenarios played in virtual time, a row each: its text, and how it must end.
#pragma once

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sipvoice/harness/run.hpp"
#include "sipvoice/scenario/document.hpp"
#include "support/catch.hpp"
#include "support/source_dir.hpp"

namespace test {

using sipvoice::scenario::failure_kind;

struct failure {
  failure_kind kind = failure_kind::signalling;
  const char* party = "";
  const char* step = "";  ///< its line is the one that ends in "# here"
  const char* expected = "";
  const char* seen = "";  ///< both: a part of it
};

struct row {
  const char* name;
  /// Begins with "parties:" or other keys of a file; else it is what stands beneath "parties:".
  std::string text;
  std::optional<failure> fails = {};
};

/// Read as a file in `folder`; empty: beside the scenarios that are shipped.
inline sipvoice::scenario::document read_scenario(std::string text,
                                                  const std::string& folder = {}) {
  if (text.find("parties:") == std::string::npos) text = "parties:" + text;
  sipvoice::scenario::surroundings around;
  around.file_exists = [](const std::string& path) { return std::filesystem::exists(path); };
  around.environment = [](const std::string&) { return std::nullopt; };
  std::vector<sipvoice::scenario::mistake> mistakes;
  const std::string in = folder.empty() ? test::source_dir() + "/scenarios" : folder;
  auto d = sipvoice::scenario::read_document(text, in + "/row.yaml", around, mistakes);
  std::string said;
  for (const auto& m : mistakes) said += std::to_string(m.line) + ": " + m.text + "\n";
  INFO(text);
  INFO(said);
  REQUIRE(said.empty());
  REQUIRE(d);
  return std::move(*d);
}

inline sipvoice::scenario::scenario_report simulate(const std::string& text, std::uint64_t seed = 1,
                                                    const std::string& folder = {}) {
  sipvoice::harness::run_settings s;
  s.seed = seed;
  return run_simulated(read_scenario(text, folder), s);
}

inline int line_of_mark(const std::string& text) {
  const std::string whole = text.find("parties:") == std::string::npos ? "parties:" + text : text;
  const std::size_t mark = whole.find("# here");
  if (mark == std::string::npos) return 0;
  return 1 + static_cast<int>(std::count(whole.begin(),
                                         whole.begin() + static_cast<std::ptrdiff_t>(mark), '\n'));
}

/// All of a failure in one line, to be read where a row is not as it should be.
inline std::string told(const sipvoice::scenario::scenario_report& r) {
  if (!r.failure) return std::string(name_of(r.result)) + " " + r.skipped_because;
  return std::string(name_of(r.failure->kind)) + " " + r.failure->party + " " + r.failure->step +
         ":" + std::to_string(r.failure->line) + ": expected " + r.failure->expected + "; seen " +
         r.failure->seen;
}

inline void check(const row& r) {
  SECTION(r.name) {
    const auto report = simulate(r.text);
    INFO(r.text);
    INFO(told(report));
    if (!r.fails) {
      CHECK(report.result == sipvoice::scenario::verdict::passed);
      return;
    }
    REQUIRE(report.failure);
    CHECK(report.result == sipvoice::scenario::verdict::failed);
    CHECK(std::string(name_of(report.failure->kind)) == name_of(r.fails->kind));
    CHECK(report.failure->party == r.fails->party);
    CHECK(report.failure->step == r.fails->step);
    CHECK(report.failure->line == line_of_mark(r.text));
    CHECK_THAT(report.failure->expected, Catch::Contains(r.fails->expected));
    CHECK_THAT(report.failure->seen, Catch::Contains(r.fails->seen));
  }
}

inline void check(const std::vector<row>& rows) {
  for (const row& r : rows) check(r);
}

inline constexpr auto signalling = failure_kind::signalling;
inline constexpr auto by_media = failure_kind::media;
inline constexpr auto in_time = failure_kind::time;

}  // namespace test
