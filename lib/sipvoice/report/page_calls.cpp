// The calls of a scenario: facts, and their rows in its time.
#include <algorithm>

#include "sipvoice/report/page_parts.hpp"
#include "sipvoice/report/text.hpp"

namespace sipvoice::report {
namespace {

using scenario::call_report;

void put_facts(std::string& out, const call_report& c) {
  out += "<p class=\"facts\">";
  if (c.status != 0) put_fact(out, "status", std::to_string(c.status));
  if (c.answered_ms) put_fact(out, "answered after", time_text(*c.answered_ms - c.opened_ms));
  if (c.answered_ms) put_fact(out, "lasted", time_text(static_cast<double>(c.duration_ms)));
  if (!c.by.empty()) put_fact(out, "ended by", c.by);
  if (!c.reason.empty()) put_fact(out, "reason", c.reason);
  if (!c.codec.empty()) put_fact(out, "codec", c.codec);
  if (c.media) {
    const auto& m = *c.media;
    put_fact(out, "audio", media::audio_verdict(m));
    put_fact(out, "packets",
             std::to_string(m.packets_sent) + " sent, " + std::to_string(m.packets_received) +
                 " received, " + std::to_string(m.lost) + " lost, " + std::to_string(m.late) +
                 " late");
    put_fact(out, "jitter", fixed(m.jitter_ms, 1) + " ms");
    if (m.first_packet_ms) put_fact(out, "first packet", fixed(*m.first_packet_ms, 1) + " ms");
    if (m.round_trip_ms) put_fact(out, "round trip", fixed(*m.round_trip_ms, 1) + " ms");
    if (m.mos) put_fact(out, "MOS", fixed(*m.mos, 2));
    if (m.concealed_ms > 0) put_fact(out, "concealed", std::to_string(m.concealed_ms) + " ms");
  }
  put_fact(out, "Call-ID", c.call_id);
  out += "</p>\n";
}

/// Thin while it rang, thick from the answer on.
void put_span(std::string& out, const call_report& c, std::size_t number, const time_scale& scale) {
  const double end = c.ended_ms.value_or(scale.total_ms());
  const double answered = c.answered_ms.value_or(end);
  out += "<div class=\"row\"><div class=\"label\"><span class=\"what\">call</span></div>";
  put_track(out, number, 22, "from " + time_text(c.opened_ms) + " to " + time_text(end));
  const auto bar = [&](const char* kind, double from, double to, int y, int height) {
    const double a = scale.share(from), b = std::max(a, scale.share(to));
    out += std::string("<rect class=\"call ") + kind + "\" x=\"" + fixed(a * 100, 2) +
           "%\" width=\"" + fixed((b - a) * 100, 2) + "%\" y=\"" + std::to_string(y) +
           "\" height=\"" + std::to_string(height) + "\"/>";
  };
  bar("ringing", c.opened_ms, answered, 9, 4);
  if (c.answered_ms) bar("up", answered, end, 6, 10);
  out += "</svg></div>\n";
}

void put_call(std::string& out, const scenario::party_report& party, const call_report& c,
              std::size_t number, const time_scale& scale, const page_limits& limits) {
  out += "<div class=\"call\"><h4>" + html_text(party.name, text_layout::one_line, 100);
  if (!c.name.empty()) out += " (" + html_text(c.name, text_layout::one_line, 100) + ")";
  out += std::string(" <small>") + (c.inbound ? "called by " : "calls ") +
         html_text(c.inbound ? c.from : c.to, text_layout::one_line, 200) + "</small></h4>\n";
  put_facts(out, c);
  put_span(out, c, number, scale);
  put_sounds(out, c, number, scale, limits);
  put_digits(out, c, number, scale, limits);
  put_quality(out, c, number, scale);
  out += "</div>\n";
}

}  // namespace

void put_calls(std::string& out, const scenario::scenario_report& s, std::size_t number,
               const time_scale& scale, const page_limits& limits) {
  std::size_t shown = 0, all = 0;
  for (const auto& party : s.parties) {
    all += party.calls.size();
    for (const call_report& c : party.calls) {
      if (shown == limits.calls) break;
      if (shown++ == 0) out += "<h3>Calls</h3>\n";
      put_call(out, party, c, number, scale, limits);
    }
  }
  if (all > shown)
    out +=
        "<p class=\"left-out\">" + std::to_string(all - shown) + " more calls are not shown.</p>\n";
}

}  // namespace sipvoice::report
