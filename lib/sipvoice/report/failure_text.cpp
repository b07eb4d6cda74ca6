#include "sipvoice/report/failure_text.hpp"

#include <algorithm>
#include <iterator>

#include "sipvoice/report/ladder.hpp"
#include "sipvoice/report/text.hpp"

namespace sipvoice::report {
namespace {

constexpr std::size_t last_messages = 12;
/// A failure without a step: the run was interrupted before one could fail.
constexpr const char* no_failure = "did not come to its end";

std::string place_of(const scenario::failure_report& f) {
  return readable(f.file) + ":" + std::to_string(f.line);
}

}  // namespace

std::string title_of(const scenario::scenario_report& s) {
  const std::string name = readable(s.name.empty() ? s.file : s.name);
  return s.row.empty() ? name : name + " (" + readable(s.row) + ")";
}

std::string failure_in_a_line(const scenario::scenario_report& s) {
  if (!s.failure) return no_failure;
  const auto& f = *s.failure;
  return std::string(scenario::name_of(f.kind)) + ": " + readable(f.party) + ": " +
         readable(f.step) + " (" + place_of(f) + "): expected " + readable(f.expected) + ", seen " +
         readable(f.seen);
}

std::vector<std::string> failure_lines(const scenario::scenario_report& s, std::size_t width) {
  std::vector<std::string> lines;
  if (s.failure) {
    const auto& f = *s.failure;
    lines.push_back(place_of(f) + ": " + readable(f.party) + ": " + readable(f.step) + " (" +
                    scenario::name_of(f.kind) + ")");
    lines.push_back("  expected  " + readable(f.expected));
    lines.push_back("  seen      " + readable(f.seen));
  } else {
    lines.push_back(readable(s.file) + ": " + no_failure);
  }
  std::vector<std::string> ladder = ladder_lines(s, last_messages, width);
  if (!ladder.empty()) {
    lines.emplace_back("last messages:");
    std::move(ladder.begin(), ladder.end(), std::back_inserter(lines));
  }
  for (const std::string& file : s.artifacts) lines.push_back("kept: " + readable(file));
  return lines;
}

}  // namespace sipvoice::report
