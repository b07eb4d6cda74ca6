// One scenario of the page: what failed, then its plots with one time axis, messages and log.
#include <algorithm>

#include "sipvoice/report/page_parts.hpp"
#include "sipvoice/report/text.hpp"

namespace sipvoice::report {
namespace {

using scenario::scenario_report;
using scenario::verdict;

void put_failure(std::string& out, const scenario_report& s) {
  if (!s.failure) return;
  const auto& f = *s.failure;
  const auto line = [](const std::string& text) {
    return html_text(text, text_layout::lines, 4000);
  };
  out += std::string("<dl class=\"failure ") + scenario::name_of(s.result) + "\"><dt>" +
         (s.result == verdict::flaky ? "first failed" : "failed") + "</dt><dd><b>" +
         scenario::name_of(f.kind) + "</b>: " + line(f.party) + ": <code>" + line(f.step) +
         "</code> at <code>" + line(f.file) + ":" + std::to_string(f.line) +
         "</code></dd><dt>expected</dt><dd>" + line(f.expected) + "</dd><dt>seen</dt><dd>" +
         line(f.seen) + "</dd></dl>\n";
}

void put_log(std::string& out, const scenario_report& s, const page_limits& limits) {
  if (s.log.empty()) return;
  out += "<section><h3>Log</h3><ol class=\"log\">\n";
  const std::size_t count = std::min(s.log.size(), limits.log_lines);
  for (std::size_t i = 0; i < count; ++i) {
    const auto& l = s.log[i];
    out += "<li><span class=\"time\">" + fixed(l.time_ms / 1000, 3) + "</span> <b>" +
           html_text(l.party, text_layout::one_line, 100) + "</b> <span>" +
           html_text(l.text, text_layout::one_line, 1000) + "</span></li>\n";
  }
  out += "</ol>";
  if (s.log.size() > count)
    out += "<p class=\"left-out\">" + std::to_string(s.log.size() - count) +
           " later lines are not shown.</p>";
  out += "</section>\n";
}

void put_files(std::string& out, const scenario_report& s) {
  if (s.artifacts.empty()) return;
  out += "<section><h3>Files</h3><ul class=\"files\">";
  for (const std::string& file : s.artifacts)
    out += "<li><code>" + html_text(file, text_layout::one_line, 300) + "</code></li>";
  out += "</ul></section>\n";
}

}  // namespace

void put_scenario(std::string& out, const scenario_report& s, std::size_t number,
                  const page_limits& limits) {
  const std::string result = scenario::name_of(s.result);
  out += "<details class=\"scenario\" id=\"s" + std::to_string(number) + "\"" +
         (s.result == verdict::failed ? " open=\"\"" : "") + "><summary><span class=\"verdict " +
         result + "\">" + result + "</span> <span class=\"name\">" +
         html_text(s.name, text_layout::one_line, 300) + "</span> <span class=\"where\">" +
         (s.row.empty() ? "" : html_text(s.row, text_layout::one_line, 100) + " of ") +
         html_text(s.file, text_layout::one_line, 300) + "</span> <span class=\"took\">" +
         (s.result == verdict::skipped ? "" : time_text(s.duration_ms)) + "</span></summary>\n";
  put_failure(out, s);
  if (!s.skipped_because.empty())
    out += "<p class=\"note\">Skipped: " + html_text(s.skipped_because) + "</p>\n";
  if (s.tries > 1) out += "<p class=\"note\">Tries: " + std::to_string(s.tries) + "</p>\n";
  if (!s.parties.empty()) {
    const time_scale scale(s);
    out += "<section class=\"plot\" data-total-ms=\"" + fixed(scale.total_ms(), 3) +
           "\"><h3>Steps</h3>\n";
    scale.put_axis(out, number);
    put_steps(out, s, number, scale, limits);
    put_calls(out, s, number, scale, limits);
    out += "</section>\n";
  }
  put_ladder(out, s, number, limits);
  put_log(out, s, limits);
  put_files(out, s);
  out += "</details>\n";
}

}  // namespace sipvoice::report
