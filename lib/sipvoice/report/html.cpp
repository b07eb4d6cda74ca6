#include "sipvoice/report/html.hpp"

#include <algorithm>

#include "sipvoice/report/page_parts.hpp"
#include "sipvoice/report/text.hpp"

namespace sipvoice::report {
namespace {

using scenario::run_report;
using scenario::verdict;

constexpr std::size_t page_bytes = 16'000'000, most_of_a_section = 8'000'000, most_sections = 1000;

/// Which scenarios are shown in full: all, or as many as may be, those that failed first.
std::vector<bool> sections_of(const run_report& run) {
  std::vector<bool> chosen(run.scenarios.size(), false);
  std::size_t count = 0;
  for (const verdict v : {verdict::failed, verdict::flaky, verdict::passed, verdict::skipped}) {
    for (std::size_t i = 0; i < chosen.size() && count < most_sections; ++i) {
      if (run.scenarios[i].result != v) continue;
      chosen[i] = true;
      ++count;
    }
  }
  return chosen;
}

void put_head(std::string& out, const run_report& run) {
  out += "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>\n";
  out +=
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
      "style-src '";
  out += page_style_digest();
  out += "'; script-src '";
  out += page_script_digest();
  out +=
      "'; base-uri 'none'; form-action 'none'\"/>\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
      "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
      "<link rel=\"icon\" href=\"data:,\"/>\n<title>";
  const std::size_t failed = run.count(verdict::failed);
  out += failed > 0 ? std::to_string(failed) + " failed"
                    : std::to_string(run.count(verdict::passed)) + " passed";
  out += ": scenario run</title>\n<style>";
  out += page_style();
  out +=
      "</style></head>\n<body>\n"
      "<svg class=\"shapes\" width=\"0\" height=\"0\" aria-hidden=\"true\"><defs>"
      "<path id=\"tip-right\" d=\"M0 0l-9-4.5v9z\"/><path id=\"tip-left\" d=\"M0 0l9-4.5v9z\"/>"
      "</defs></svg>\n<main>\n";
}

}  // namespace

std::string report_html(const run_report& run) {
  const std::vector<bool> sections = sections_of(run);
  auto left = static_cast<std::size_t>(std::count(sections.begin(), sections.end(), true));
  std::string out;
  put_head(out, run);
  put_overview(out, run, sections);
  out +=
      "<p class=\"tools\"><button type=\"button\" id=\"open-all\">Open all</button> "
      "<button type=\"button\" id=\"close-all\">Close all</button></p>\n";
  for (std::size_t i = 0; i < sections.size(); ++i) {
    if (!sections[i]) continue;
    // What one scenario does not need is there for those after it.
    const std::size_t room = page_bytes - std::min(page_bytes, out.size());
    const auto limits =
        page_limits::for_bytes(std::min(room / left, most_of_a_section), run.scenarios[i]);
    put_scenario(out, run.scenarios[i], i + 1, limits);
    --left;
  }
  out += "</main>\n<script>";
  out += page_script();
  out += "</script>\n</body></html>\n";
  return out;
}

}  // namespace sipvoice::report
