// What each party did: a row a step, with its bar in the scenario's time.
#include <algorithm>

#include "sipvoice/report/page_parts.hpp"
#include "sipvoice/report/text.hpp"

namespace sipvoice::report {
namespace {

using scenario::step_report;
using scenario::step_result;

constexpr int track_height = 22;

/// For those who see no colours.
const char* sign_of(step_result r) {
  switch (r) {
    case step_result::passed:
      return "\u2713";
    case step_result::failed:
      return "\u2717";
    case step_result::stopped:
      return "\u25a0";
    case step_result::not_run:
      break;
  }
  return "\u00b7";
}

struct as_text {
  std::string operator()(bool value) const { return value ? "yes" : "no"; }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const { return fixed(value, 3); }
  std::string operator()(const std::string& value) const { return value; }
};

/// The bar, and its length in words on the side that has room.
void put_bar(std::string& out, const step_report& s, const time_scale& scale) {
  const double from = scale.share(s.start_ms), to = std::max(from, scale.share(s.end_ms));
  out += "<rect class=\"bar\" x=\"" + fixed(from * 100, 2) + "%\" width=\"" +
         fixed((to - from) * 100, 2) + "%\" y=\"5\" height=\"12\" rx=\"2\"/>";
  const bool right = to<0.8, left = from> 0.2;
  if (!right && !left) return;  // it fills the row: the axis says it
  out += std::string("<text class=\"") + (right ? "after" : "before") + "\" y=\"15\" x=\"" +
         fixed((right ? to : from) * 100, 2) + "%\" dx=\"" + (right ? "6" : "-6") + "\">" +
         time_text(s.end_ms - s.start_ms) + "</text>";
}

void put_step(std::string& out, const step_report& s, std::size_t number, const time_scale& scale) {
  const std::string result = scenario::name_of(s.result);
  out += "<div class=\"row step " + result + "\"><div class=\"label d" +
         std::to_string(std::clamp(s.depth, 0, 4)) + "\"><span class=\"sign\" title=\"" + result +
         "\">" + sign_of(s.result) + "</span><span class=\"what\"><code>" +
         html_text(s.step, text_layout::one_line, 80) + "</code> <span class=\"detail\">" +
         html_text(s.detail, text_layout::one_line, 300) + "</span>";
  if (!s.measured.empty()) {
    out += "<span class=\"facts\">";
    for (std::size_t i = 0; i < std::min<std::size_t>(s.measured.size(), 12); ++i)
      put_fact(out, html_text(s.measured[i].name, text_layout::one_line, 60),
               std::visit(as_text{}, s.measured[i].is));
    out += "</span>";
  }
  out += "</span><span class=\"line\">" + std::to_string(s.line) + "</span></div>";
  put_track(out, number, track_height,
            s.step + ": " + result + ", " + time_text(s.start_ms) + " to " + time_text(s.end_ms));
  if (s.result != step_result::not_run) put_bar(out, s, scale);
  out += "</svg></div>\n";
}

}  // namespace

void put_steps(std::string& out, const scenario::scenario_report& s, std::size_t number,
               const time_scale& scale, const page_limits& limits) {
  std::size_t parties = 0;
  for (const auto& party : s.parties) {
    if (++parties > limits.parties) {
      out += "<p class=\"left-out\">" + std::to_string(s.parties.size() - limits.parties) +
             " more parties are not shown.</p>\n";
      return;
    }
    out += "<h4>" + html_text(party.name, text_layout::one_line, 100) + " <small>" +
           html_text(party.address, text_layout::one_line, 100) + "</small></h4>\n";
    // The beginning and the end are what one looks for.
    const std::size_t count = party.steps.size();
    const std::size_t first = count > limits.steps ? limits.steps / 2 : count;
    const std::size_t again = count > limits.steps ? count - limits.steps / 2 : count;
    for (std::size_t i = 0; i < first; ++i) put_step(out, party.steps[i], number, scale);
    if (again > first)
      out +=
          "<p class=\"left-out\">" + std::to_string(again - first) + " steps are not shown.</p>\n";
    for (std::size_t i = again; i < count; ++i) put_step(out, party.steps[i], number, scale);
  }
}

}  // namespace sipvoice::report
