// The top of the page: how the run went, and a row for each scenario.
#include <algorithm>

#include "sipvoice/report/page_parts.hpp"
#include "sipvoice/report/text.hpp"
#include "sipvoice/session/events.hpp"

namespace sipvoice::report {
namespace {

using scenario::run_report;
using scenario::scenario_report;
using scenario::verdict;

constexpr std::size_t most_rows = 10'000;
constexpr verdict verdicts[] = {verdict::passed, verdict::failed, verdict::flaky, verdict::skipped};

/// The parts of the whole, as wide as they are many.
void put_proportion(std::string& out, const run_report& run) {
  out += "<svg class=\"proportion\" height=\"8\" aria-hidden=\"true\">";
  double at = 0;
  for (const verdict v : verdicts) {
    const double part = static_cast<double>(run.count(v)) /
                        static_cast<double>(std::max<std::size_t>(run.scenarios.size(), 1)) * 100;
    if (part > 0)
      out += std::string("<rect class=\"") + scenario::name_of(v) + "\" x=\"" + fixed(at, 3) +
             "%\" width=\"" + fixed(part, 3) + "%\" height=\"8\"/>";
    at += part;
  }
  out += "</svg>\n";
}

void put_counts(std::string& out, const run_report& run) {
  out += "<div class=\"counts\" role=\"group\" aria-label=\"Show only\">";
  for (const verdict v : verdicts) {
    const std::size_t count = run.count(v);
    const std::string name = scenario::name_of(v);
    out += "<button type=\"button\" class=\"count " + name + (count == 0 ? " none" : "") +
           "\" data-only=\"" + name + "\" aria-pressed=\"false\"" +
           (count == 0 ? " disabled=\"\"" : "") + "><b>" + std::to_string(count) + "</b> " + name +
           "</button>";
  }
  out += "</div>\n";
}

void put_row(std::string& out, const scenario_report& s, std::size_t number, bool has_section) {
  const std::string result = scenario::name_of(s.result);
  std::string name = html_text(s.name.empty() ? s.file : s.name, text_layout::one_line, 200);
  if (has_section) name = "<a href=\"#s" + std::to_string(number) + "\">" + name + "</a>";
  out += "<tr data-result=\"" + result + "\"><td><span class=\"verdict " + result + "\">" + result +
         "</span></td><td class=\"name\">" + name;
  if (!s.row.empty()) out += " <small>" + html_text(s.row, text_layout::one_line, 100) + "</small>";
  if (s.result == verdict::failed && s.failure)
    out += std::string("<span class=\"why\"><b>") + scenario::name_of(s.failure->kind) +
           "</b>: " + html_text(s.failure->party, text_layout::one_line, 60) + ": " +
           html_text(s.failure->step, text_layout::one_line, 60) + "</span>";
  if (s.result == verdict::skipped)
    out += "<span class=\"why\">" + html_text(s.skipped_because, text_layout::one_line, 160) +
           "</span>";
  out += "</td><td class=\"took\">" +
         (s.result == verdict::skipped ? "\u2013" : time_text(s.duration_ms)) +
         "</td><td class=\"file\">" + html_text(s.file, text_layout::one_line, 200) +
         "</td></tr>\n";
}

}  // namespace

void put_overview(std::string& out, const run_report& run, const std::vector<bool>& has_section) {
  out += "<header><h1>Scenario run</h1><p class=\"about\">";
  put_fact(out, "started", session::format_time(run.started).substr(0, 19) + "Z");
  put_fact(out, "took", time_text(run.duration_ms));
  put_fact(out, "seed", std::to_string(run.seed));
  put_fact(out, "network", run.simulated ? "simulated" : "real sockets");
  put_fact(out, "sipvoice", run.version);
  out += "</p>\n";
  put_counts(out, run);
  put_proportion(out, run);
  out +=
      "</header>\n<table class=\"overview\"><thead><tr><th>Verdict</th><th>Scenario</th>"
      "<th class=\"took\">Duration</th><th>File</th></tr></thead><tbody>\n";
  // Past so many rows those that passed are left out first.
  const bool all = run.scenarios.size() <= most_rows;
  std::size_t shown = 0;
  for (std::size_t i = 0; i < run.scenarios.size() && shown < most_rows; ++i) {
    if (!all && run.scenarios[i].result == verdict::passed) continue;
    put_row(out, run.scenarios[i], i + 1, has_section[i]);
    ++shown;
  }
  out += "</tbody></table>\n";
  if (shown < run.scenarios.size())
    out += "<p class=\"left-out\">" + std::to_string(run.scenarios.size() - shown) +
           " more scenarios are not listed.</p>\n";
}

}  // namespace sipvoice::report
