// Digits of a call on the time axis; its jitter as a line, and what was lost as bars.
#include <algorithm>
#include <cmath>

#include "sipvoice/report/page_parts.hpp"
#include "sipvoice/report/text.hpp"

namespace sipvoice::report {
namespace {

using scenario::digit_point;
using scenario::quality_point;

constexpr int digits_height = 44, quality_height = 56;
constexpr std::size_t most_points = 600;

std::string digits_of(const std::vector<digit_point>& digits, bool sent) {
  std::string out;
  for (const digit_point& d : digits)
    if (d.sent == sent) out += d.digit;
  return out;
}

struct interval {
  double from_ms = 0, at_ms = 0, jitter_ms = 0;
  std::uint64_t lost = 0, received = 0;
};

/// What came and was lost between one measurement and the next; of many, neighbours are joined with
/// the largest jitter among them.
std::vector<interval> intervals_of(const std::vector<quality_point>& points) {
  const std::size_t width = (points.size() + most_points - 1) / most_points;
  std::vector<interval> out;
  quality_point before{points.front().at_ms - 1000, 0, 0, 0};
  for (std::size_t i = 0; i < points.size(); i += width) {
    const std::size_t last = std::min(i + width, points.size()) - 1;
    interval n{before.at_ms, points[last].at_ms, 0, 0, 0};
    for (std::size_t k = i; k <= last; ++k)
      n.jitter_ms = std::max(n.jitter_ms, points[k].jitter_ms);
    const auto more = [](std::uint64_t now, std::uint64_t then) {
      return now > then ? now - then : 0;
    };
    n.lost = more(points[last].lost, before.lost);
    n.received = more(points[last].received, before.received);
    before = points[last];
    out.push_back(n);
  }
  return out;
}

void put_losses(std::string& out, const std::vector<interval>& intervals, const time_scale& scale) {
  for (const interval& n : intervals) {
    if (n.lost == 0) continue;
    const double share = static_cast<double>(n.lost) / static_cast<double>(n.lost + n.received);
    // A single packet must be seen too.
    const double height = std::max(share * 100, 8.0);
    const double from = scale.share(n.from_ms), to = scale.share(n.at_ms);
    out += "<rect class=\"lost\" x=\"" + fixed(from * 100, 2) + "%\" width=\"" +
           fixed(std::max(to - from, 0.002) * 100, 2) + "%\" y=\"" + fixed(100 - height, 1) +
           "%\" height=\"" + fixed(height, 1) + "%\"><title>" + std::to_string(n.lost) +
           " lost</title></rect>";
  }
}

}  // namespace

void put_digits(std::string& out, const scenario::call_report& c, std::size_t number,
                const time_scale& scale, const page_limits& limits) {
  if (c.digits.empty()) return;
  const std::string sent = digits_of(c.digits, true), received = digits_of(c.digits, false);
  out +=
      "<div class=\"row digits\"><div class=\"label\"><span class=\"what\">digits"
      "<span class=\"facts\">";
  if (!sent.empty()) put_fact(out, "sent", sent);
  if (!received.empty()) put_fact(out, "received", received);
  out += "</span></span></div>";
  put_track(out, number, digits_height,
            "digits sent: " + (sent.empty() ? "none" : sent) +
                ", received: " + (received.empty() ? "none" : received));
  for (std::size_t i = 0; i < std::min(c.digits.size(), limits.digits); ++i) {
    const digit_point& d = c.digits[i];
    const std::string x = scale.percent(d.at_ms), middle = d.sent ? "11" : "33";
    out += std::string("<g class=\"digit ") + (d.sent ? "sent" : "received") + "\"><title>" +
           (d.sent ? "sent " : "received ") + html_text(std::string(1, d.digit)) + " at " +
           time_text(d.at_ms) + ", " + std::to_string(d.duration_ms) + " ms, " +
           html_text(d.method, text_layout::one_line, 40) + "</title><circle cx=\"" + x +
           "\" cy=\"" + middle + "\" r=\"9\"/><text x=\"" + x + "\" y=\"" + middle +
           "\" dy=\"4\">" + html_text(std::string(1, d.digit)) + "</text></g>";
  }
  out += "</svg></div>\n";
}

void put_quality(std::string& out, const scenario::call_report& c, std::size_t number,
                 const time_scale& scale) {
  if (c.quality.empty()) return;
  const std::vector<interval> intervals = intervals_of(c.quality);
  double most = 0;
  for (const interval& n : intervals)
    if (std::isfinite(n.jitter_ms)) most = std::max(most, n.jitter_ms);
  const quality_point& end = c.quality.back();
  const std::string lost =
      std::to_string(end.lost) + " of " + std::to_string(end.lost + end.received);
  out +=
      "<div class=\"row quality\"><div class=\"label\"><span class=\"what\">jitter and loss"
      "<span class=\"facts\">";
  put_fact(out, "jitter up to", fixed(most, 1) + " ms");
  put_fact(out, "lost", lost);
  out += "</span></span></div>";
  put_track(out, number, quality_height,
            "jitter up to " + fixed(most, 1) + " ms, lost packets: " + lost);
  put_losses(out, intervals, scale);
  // In a box of its own, which is stretched over the row: its line stays as thin as it is.
  out +=
      "<svg width=\"100%\" height=\"100%\" viewBox=\"0 0 10000 100\" "
      "preserveAspectRatio=\"none\"><polyline class=\"jitter\" points=\"";
  const double top = std::max(most, 1.0);  // less than 1 ms is flat
  const auto point = [&](double ms, double jitter) {
    jitter = std::isfinite(jitter) ? std::clamp(jitter, 0.0, top) : 0;
    out += fixed(scale.share(ms) * 10000, 0) + "," + fixed(94 - jitter / top * 86, 1) + " ";
  };
  point(intervals.front().from_ms, intervals.front().jitter_ms);
  for (const interval& n : intervals) point(n.at_ms, n.jitter_ms);
  out += "\"/></svg></svg></div>\n";
}

}  // namespace sipvoice::report
