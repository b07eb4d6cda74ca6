#include "sipvoice/report/terminal.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "sipvoice/report/failure_text.hpp"
#include "sipvoice/report/text.hpp"

namespace sipvoice::report {
namespace {

using scenario::scenario_report;
using scenario::verdict;

constexpr std::size_t verdict_width = 9, time_width = 10, narrowest = 40, longest_table = 200;
constexpr std::string_view bold = "1", red = "31", green = "32", yellow = "33", dim = "2";

std::string coloured(const std::string& text, std::string_view code, const terminal_style& style) {
  if (!style.colour || text.empty()) return text;
  return "\x1b[" + std::string(code) + "m" + text + "\x1b[0m";
}

std::string_view colour_of(verdict v) {
  switch (v) {
    case verdict::passed:
      return green;
    case verdict::failed:
      return red;
    case verdict::flaky:
      return yellow;
    case verdict::skipped:
      break;
  }
  return dim;
}

std::size_t width_of(const terminal_style& style) { return std::max(style.width, narrowest); }

std::string verdict_word(verdict v, const terminal_style& style) {
  return coloured(fitted(scenario::name_of(v), verdict_width, true), colour_of(v), style);
}

std::string to_the_right(const std::string& text, std::size_t width) {
  return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

/// What is worth knowing besides the verdict; mostly nothing.
std::string remark_of(const scenario_report& s) {
  if (s.result == verdict::skipped && !s.skipped_because.empty())
    return ": " + readable(s.skipped_because);
  if (s.result == verdict::flaky) return " (passed on try " + std::to_string(s.tries) + ")";
  if (s.result == verdict::failed && s.failure)
    return ": " + std::string(scenario::name_of(s.failure->kind));
  return {};
}

std::string time_of(const scenario_report& s) {
  return s.result == verdict::skipped ? "-" : time_text(s.duration_ms);
}

std::string without_blanks_at_the_end(std::string text) {
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

}  // namespace

std::string running_line(const std::string& name, const std::string& row,
                         const terminal_style& style) {
  const std::string what = readable(name) + (row.empty() ? "" : " (" + readable(row) + ")");
  return coloured(fitted("running", verdict_width, true), dim, style) +
         fitted(what, width_of(style) - verdict_width - 1, false);
}

std::string progress_line(const scenario_report& s, const terminal_style& style) {
  const std::size_t room = width_of(style) - verdict_width - time_width - 1;
  return verdict_word(s.result, style) + fitted(title_of(s) + remark_of(s), room, true) +
         to_the_right(time_of(s), time_width) + "\n";
}

std::string failure_block(const scenario_report& s, const terminal_style& style) {
  constexpr std::string_view indent = "  ";
  std::string out =
      coloured("FAILED", red, style) + " " + coloured(title_of(s), bold, style) + "\n";
  for (const std::string& line : failure_lines(s, width_of(style) - indent.size() - 1))
    out += std::string(indent) + line + "\n";
  return out;
}

std::string closing_table(const scenario::run_report& run, const terminal_style& style) {
  const bool all = run.scenarios.size() <= longest_table;
  const std::size_t width = width_of(style);
  // Names get what they need, files what is left; both at least a third of it.
  const std::size_t room = width - verdict_width - time_width - 3;
  std::size_t longest_name = 0, longest_file = 0;
  for (const scenario_report& s : run.scenarios) {
    longest_name = std::max(longest_name, column_count(title_of(s) + remark_of(s)));
    longest_file = std::max(longest_file, column_count(readable(s.file)));
  }
  const std::size_t for_files =
      std::clamp(room - std::min(room, longest_name), room / 3, std::max(room / 3, longest_file));
  const std::size_t for_names = std::min(longest_name, room - std::min(for_files, longest_file));

  std::string out;
  for (const scenario_report& s : run.scenarios) {
    if (!all && s.result == verdict::passed) continue;
    const std::string line = fitted(title_of(s) + remark_of(s), for_names, true) +
                             to_the_right(time_of(s), time_width) + "  " +
                             coloured(fitted(readable(s.file), for_files, false), dim, style);
    out += verdict_word(s.result, style) + without_blanks_at_the_end(line) + "\n";
  }
  std::string sums;
  for (const verdict v : {verdict::passed, verdict::failed, verdict::flaky, verdict::skipped}) {
    const std::size_t count = run.count(v);
    if (count == 0 && v != verdict::passed) continue;
    const std::string text = std::to_string(count) + " " + scenario::name_of(v);
    sums += (sums.empty() ? "" : ", ") + (count > 0 ? coloured(text, colour_of(v), style) : text);
  }
  out += "\n" + std::to_string(run.scenarios.size()) +
         (run.scenarios.size() == 1 ? " scenario: " : " scenarios: ") + sums + " in " +
         time_text(run.duration_ms);
  out += std::string(" (") + (run.simulated ? "simulated, " : "") + "seed " +
         std::to_string(run.seed) + ")\n";
  return out;
}

std::string report_terminal(const scenario::run_report& run, const terminal_style& style) {
  std::string out;
  for (const scenario_report& s : run.scenarios)
    if (s.result == verdict::failed) out += failure_block(s, style) + "\n";
  return out + closing_table(run, style);
}

}  // namespace sipvoice::report
