#include "sipvoice/audio/waveform.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <vector>

#include "sipvoice/base/text.hpp"

namespace sipvoice::audio {
namespace {

// In pixels of the SVG.
constexpr int width = 1000, left = 8, right = 8, head = 26, foot = 24, channel_height = 120,
              channel_gap = 22;
constexpr int drawn = width - left - right;
constexpr double full_scale = 32768.0;
constexpr double marks_at_most = 10;
// Middle tones: they stand out from white and from black.
constexpr const char* text_colour = "#808080";
constexpr std::array<const char*, 2> sound_colours = {"#3b82c4", "#c9772b"};

template <class... Values>
void print(std::string& out, const char* format, Values... values) {
  std::array<char, 256> text{};
  const int n = std::snprintf(text.data(), text.size(), format, values...);
  out.append(text.data(), static_cast<std::size_t>(std::clamp(n, 0, 255)));
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

void put_text(std::string& out, double x, double y, const char* anchor, const std::string& text) {
  print(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchor);
  out += escaped(text) + "</text>\n";
}

void put_line(std::string& out, double x1, double y1, double x2, double y2, double opacity) {
  print(out,
        "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" "
        "stroke-opacity=\"%.1f\"/>\n",
        x1, y1, x2, y2, text_colour, opacity);
}

/// "0.25 s", "0:05", "1:02:03".
std::string mark_text(double seconds, double step) {
  std::string out;
  const auto whole = static_cast<long long>(std::llround(seconds));
  if (step < 1)
    print(out, "%.*f s", step < 0.1 ? 2 : 1, seconds);
  else if (whole < 3600)
    print(out, "%lld:%02lld", whole / 60, whole % 60);
  else
    print(out, "%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60, whole % 60);
  return out;
}

std::string peak_text(const envelope& sound) {
  if (sound.peak() == 0) return "silence";
  std::string out;
  print(out, "peak %.1f dBFS", 20 * std::log10(sound.peak() / full_scale));
  return out;
}

/// Along the highest samples and back along the lowest, at least a hair's breadth apart.
void put_outline(std::string& out, const envelope& sound, double middle, double pixels_a_sample,
                 const char* colour) {
  const auto columns = sound.columns(drawn);
  if (columns.empty()) return;
  const double step = static_cast<double>(sound.samples_a_column(drawn)) * pixels_a_sample;
  constexpr double half = channel_height / 2.0, hair = 0.4;
  const auto x = [&](std::size_t i) {
    return std::min(left + (static_cast<double>(i) + 0.5) * step, double{left + drawn});
  };
  print(out, "<path fill=\"%s\" stroke=\"%s\" stroke-width=\"0.5\" d=\"M", colour, colour);
  for (std::size_t i = 0; i < columns.size(); ++i)
    print(out, "%.1f %.1f ", x(i), middle - columns[i].highest / full_scale * half - hair);
  for (std::size_t i = columns.size(); i-- > 0;)
    print(out, "%.1f %.1f ", x(i), middle - columns[i].lowest / full_scale * half + hair);
  out += "Z\"/>\n";
}

void put_axis(std::string& out, double seconds, double top, double bottom) {
  put_line(out, left, bottom, left + drawn, bottom, 1);
  const double step = time_mark_step(seconds);
  for (int i = 0; i * step <= seconds; ++i) {
    const double x = left + (seconds > 0 ? i * step / seconds * drawn : 0);
    if (i > 0) put_line(out, x, top, x, bottom, 0.3);
    // A mark at an edge is written inwards.
    const char* anchor = i == 0 ? "start" : x > left + drawn - 20 ? "end" : "middle";
    put_text(out, x, bottom + 16, anchor, mark_text(i * step, step));
    if (seconds <= 0) return;
  }
}

}  // namespace

double time_mark_step(double seconds) {
  constexpr std::array steps = {0.01, 0.02, 0.05, 0.1,   0.2,   0.5,   1.0,   2.0,    5.0,   10.0,
                                15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0};
  for (const double step : steps)
    if (seconds / step <= marks_at_most) return step;
  double step = steps.back();
  while (seconds / step > marks_at_most) step *= 2;
  return step;
}

std::string waveform_svg(std::span<const waveform_channel> channels, std::uint32_t sample_rate,
                         std::string_view title) {
  std::uint64_t samples = 0;
  for (const waveform_channel& c : channels) samples = std::max(samples, c.sound->samples());
  const double seconds =
      static_cast<double>(samples) / static_cast<double>(std::max(1U, sample_rate));
  const double pixels_a_sample = samples > 0 ? drawn / static_cast<double>(samples) : 0;
  const int rows = static_cast<int>(channels.size());
  const int bottom = head + rows * (channel_height + channel_gap);

  std::string out;
  print(out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
        "viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\" fill=\"%s\">\n",
        width, bottom + foot, width, bottom + foot, text_colour);
  out += "<title>" + escaped(title) + "</title>\n";
  std::string length;
  print(length, "%.2f s, %u Hz", seconds, sample_rate);
  put_text(out, left, 16, "start", std::string(title));
  put_text(out, left + drawn, 16, "end", length);
  put_axis(out, seconds, head, bottom);
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const waveform_channel& c = channels[i];
    const double top = head + static_cast<double>(i) * (channel_height + channel_gap);
    const double middle = top + channel_gap + channel_height / 2.0;
    put_text(out, left, top + 14, "start", std::string(c.label) + ", " + peak_text(*c.sound));
    put_line(out, left, middle, left + drawn, middle, 0.5);
    put_outline(out, *c.sound, middle, pixels_a_sample, sound_colours[i % sound_colours.size()]);
  }
  return out + "</svg>\n";
}

}  // namespace sipvoice::audio
