// What a call has sent and heard, and the references that were looked for, in the scenario's time.
#include <algorithm>
#include <cmath>

#include "sipvoice/report/page_parts.hpp"
#include "sipvoice/report/text.hpp"

namespace sipvoice::report {
namespace {

using scenario::sound_outline;
using peak = std::pair<float, float>;

constexpr int track_height = 56;
constexpr float most_zoom = 12;

float clean(float sample) { return std::isfinite(sample) ? std::clamp(sample, -1.0F, 1.0F) : 0; }

float loudest(const sound_outline& o) {
  float most = 0;
  for (const peak& p : o.peaks)
    most = std::max({most, std::abs(clean(p.first)), std::abs(clean(p.second))});
  return most;
}

/// At most `most` of them: each is the lowest and highest of its neighbours.
std::vector<peak> joined(const std::vector<peak>& peaks, std::size_t most) {
  const std::size_t width = (peaks.size() + most - 1) / std::max<std::size_t>(most, 1);
  std::vector<peak> out;
  for (std::size_t i = 0; i < peaks.size(); i += width) {
    peak p{clean(peaks[i].first), clean(peaks[i].second)};
    for (std::size_t k = i; k < std::min(i + width, peaks.size()); ++k) {
      p.first = std::min(p.first, clean(peaks[k].first));
      p.second = std::max(p.second, clean(peaks[k].second));
    }
    out.push_back(p);
  }
  return out;
}

/// Along the highest samples and back along the lowest, each point from the one before it. Silence
/// is a line: quiet sound is drawn larger, and the label says how loud it was.
void put_wave(std::string& out, const sound_outline& o, const char* kind, const time_scale& scale,
              std::size_t most) {
  if (o.peaks.empty() || !(o.piece_ms > 0)) return;
  const double end = o.start_ms + static_cast<double>(o.peaks.size()) * o.piece_ms;
  const double from = scale.share(o.start_ms), to = scale.share(end);
  // Not finer than it can be seen.
  const auto visible = static_cast<std::size_t>((to - from) * static_cast<double>(most)) + 2;
  const std::vector<peak> peaks = joined(o.peaks, std::min(visible, most));
  const float zoom = std::min(0.95F / std::max(loudest(o), 0.001F), most_zoom);
  const auto y = [&](float sample) {
    return 100 - static_cast<int>(std::lround(std::clamp(sample * zoom, -1.0F, 1.0F) * 100));
  };
  const std::size_t n = peaks.size();
  out += "<svg x=\"" + fixed(from * 100, 2) + "%\" width=\"" + fixed((to - from) * 100, 2) +
         "%\" height=\"100%\" viewBox=\"0 0 " + std::to_string(n) +
         " 200\" preserveAspectRatio=\"none\"><path class=\"wave " + kind + "\" d=\"M0 " +
         std::to_string(y(peaks[0].second)) + "l";
  int at = y(peaks[0].second);
  const auto go = [&](int x, int to_y) {
    const int dy = to_y - at;
    out += std::to_string(x) + (dy < 0 ? "" : " ") + std::to_string(dy) + " ";
    at = to_y;
  };
  for (std::size_t i = 1; i < n; ++i) go(1, y(peaks[i].second));
  go(1, y(peaks[n - 1].second));
  go(0, y(peaks[n - 1].first));
  for (std::size_t i = n; i-- > 0;) go(-1, y(peaks[i].first));
  out += "z\"/></svg>";
}

std::string peak_text(const sound_outline& o) {
  const float most = loudest(o);
  if (most <= 0) return "silence";
  return "peak " + fixed(20 * std::log10(static_cast<double>(most)), 1) + " dBFS";
}

void put_sound(std::string& out, const sound_outline& o, const char* kind, std::size_t number,
               const time_scale& scale, std::size_t peaks) {
  if (o.peaks.empty()) return;
  const std::string level = peak_text(o);
  out += std::string("<div class=\"row sound\"><div class=\"label\"><span class=\"what\">") + kind +
         "<span class=\"facts\">" + level + "</span></span></div>";
  put_track(out, number, track_height, std::string(kind) + ", " + level);
  out += "<line class=\"zero\" x2=\"100%\" y1=\"50%\" y2=\"50%\"/>";
  put_wave(out, o, kind, scale, peaks);
  out += "</svg></div>\n";
}

void put_reference(std::string& out, const scenario::reference_point& r, std::size_t number,
                   const time_scale& scale, std::size_t peaks) {
  const char* found = r.found ? "found" : "not found";
  const std::string file = html_text(r.file, text_layout::one_line, 200);
  out += std::string("<div class=\"row sound ") + (r.found ? "found" : "missed") +
         "\"><div class=\"label\"><span class=\"what\">reference: <b class=\"verdict\">" + found +
         "</b> <span class=\"detail\">" + file + "</span><span class=\"facts\">";
  put_fact(out, "similarity", fixed(r.similarity, 3));
  put_fact(out, "share", fixed(r.share * 100, 0) + " %");
  put_fact(out, "gain",
           r.gain > 0 ? fixed(20 * std::log10(r.gain), 1) + " dB" : std::string("unknown"));
  if (r.delay_ms) put_fact(out, "delay", fixed(*r.delay_ms, 1) + " ms");
  out += "</span></span></div>";
  put_track(out, number, track_height, "reference " + r.file + ": " + found);
  out += "<line class=\"zero\" x2=\"100%\" y1=\"50%\" y2=\"50%\"/>";
  put_wave(out, r.outline, "reference", scale, peaks);
  const std::string x = scale.percent(r.start_ms);
  out += "<line class=\"begins\" x1=\"" + x + "\" x2=\"" + x + "\" y2=\"100%\"/></svg></div>\n";
}

}  // namespace

void put_sounds(std::string& out, const scenario::call_report& c, std::size_t number,
                const time_scale& scale, const page_limits& limits) {
  put_sound(out, c.sent, "sent", number, scale, limits.peaks);
  put_sound(out, c.heard, "heard", number, scale, limits.peaks);
  constexpr std::size_t most_references = 50;
  for (std::size_t i = 0; i < std::min(c.references.size(), most_references); ++i)
    put_reference(out, c.references[i], number, scale, limits.peaks);
}

}  // namespace sipvoice::report
