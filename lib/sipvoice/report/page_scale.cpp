// What all plots of a scenario share: its time axis, and how much of it is drawn.
#include <algorithm>
#include <cmath>

#include "sipvoice/audio/waveform.hpp"
#include "sipvoice/report/page_parts.hpp"
#include "sipvoice/report/text.hpp"

namespace sipvoice::report {
namespace {

using scenario::call_report;
using scenario::scenario_report;

// Bytes of the page, measured generously.
constexpr std::size_t a_message = 700, a_step = 900, a_log_line = 200, a_peak = 9, a_call = 4000;

double end_of(const scenario::sound_outline& o) {
  return o.start_ms + static_cast<double>(o.peaks.size()) * o.piece_ms;
}

double end_of(const call_report& c) {
  double end = std::max({c.opened_ms, c.answered_ms.value_or(0), c.ended_ms.value_or(0),
                         end_of(c.heard), end_of(c.sent)});
  if (!c.quality.empty()) end = std::max(end, c.quality.back().at_ms);
  if (!c.digits.empty()) end = std::max(end, c.digits.back().at_ms);
  return end;
}

std::size_t outlines_of(const scenario_report& s) {
  std::size_t count = 0;
  for (const auto& p : s.parties)
    for (const auto& c : p.calls) count += 2 + c.references.size();
  return std::max<std::size_t>(count, 1);
}

/// "0.25", "5", "1:30": of an axis that says once that these are seconds or minutes.
std::string mark_text(double seconds, double step, bool minutes) {
  if (!minutes) return fixed(seconds, step < 0.1 ? 2 : step < 1 ? 1 : 0);
  const auto whole = static_cast<long long>(std::llround(seconds));
  const auto two = [](long long n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  if (whole < 3600) return std::to_string(whole / 60) + ":" + two(whole % 60);
  return std::to_string(whole / 3600) + ":" + two(whole / 60 % 60) + ":" + two(whole % 60);
}

}  // namespace

page_limits page_limits::for_bytes(std::size_t bytes, const scenario_report& s) {
  const page_limits most;
  const auto fit = [](std::size_t room, std::size_t low, std::size_t high) {
    return std::clamp(room, low, high);
  };
  page_limits l;
  l.message_bytes = fit(bytes * 3 / 10, 2000, most.message_bytes);
  l.messages = fit(bytes / 5 / a_message, 10, most.messages);
  l.parties = fit(bytes / 10 / a_step, 4, most.parties);
  const std::size_t parties = fit(s.parties.size(), 1, l.parties);
  l.steps = fit(bytes / 5 / a_step / parties, 4, most.steps);
  l.log_lines = fit(bytes / 20 / a_log_line, 5, most.log_lines);
  l.calls = fit(bytes / 10 / a_call, 1, most.calls);
  l.peaks = fit(bytes / 5 / a_peak / outlines_of(s), 50, most.peaks);
  l.digits = fit(bytes / 20 / 300, 10, most.digits);
  return l;
}

time_scale::time_scale(const scenario_report& s) {
  double total = s.duration_ms;
  for (const auto& p : s.parties) {
    for (const auto& step : p.steps) total = std::max(total, step.end_ms);
    for (const auto& c : p.calls) total = std::max(total, end_of(c));
  }
  total_ = std::isfinite(total) ? std::clamp(total, 1.0, 1e12) : 1.0;
}

double time_scale::share(double ms) const {
  return std::isfinite(ms) ? std::clamp(ms / total_, 0.0, 1.0) : 0;
}

std::string time_scale::percent(double ms) const { return fixed(share(ms) * 100, 2) + "%"; }

void time_scale::put_axis(std::string& out, std::size_t number) const {
  const double seconds = total_ / 1000, step = audio::time_mark_step(seconds);
  const bool minutes = seconds > 120;
  out += "<div class=\"row axis\"><div class=\"label\">";
  out += minutes ? "minutes" : "seconds";
  out += "</div><svg class=\"marks\" height=\"20\" aria-hidden=\"true\"><g id=\"s" +
         std::to_string(number) + "-grid\">";
  // Longer than any row is high: the row cuts them off.
  for (int i = 0; i * step <= seconds; ++i) {
    const std::string x = percent(i * step * 1000);
    out += "<line class=\"grid\" x1=\"" + x + "\" x2=\"" + x + "\" y1=\"-300\" y2=\"600\"/>";
  }
  out += "</g>";
  for (int i = 0; i * step <= seconds; ++i) {
    const double at = share(i * step * 1000);
    // A mark at an edge is written inwards; a narrow window shows every other one.
    out += "<text y=\"13\" x=\"" + percent(i * step * 1000) + "\" class=\"" +
           (i == 0      ? "first"
            : at > 0.97 ? "last"
                        : "mark") +
           (i % 2 == 1 ? " odd" : "") + "\">" + mark_text(i * step, step, minutes) + "</text>";
  }
  out += "</svg></div>\n";
}

void put_track(std::string& out, std::size_t number, int height, std::string_view label) {
  out += "<svg class=\"track\" height=\"" + std::to_string(height) +
         "\" role=\"img\" aria-label=\"" + html_text(label, text_layout::one_line, 200) +
         "\"><use href=\"#s" + std::to_string(number) + "-grid\"/>";
}

void put_fact(std::string& out, std::string_view name, std::string_view value) {
  out += "<span class=\"fact\"><b>";
  out += name;
  out += "</b> " + html_text(value, text_layout::one_line, 200) + "</span> ";
}

}  // namespace sipvoice::report
