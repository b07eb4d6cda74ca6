// Pictures of recordings: the outline, the time axis, and that neither grows with the sound.
#include "sipvoice/audio/waveform.hpp"

#include <cmath>
#include <numeric>

#include "support/catch.hpp"

using namespace sipvoice;
using audio::envelope;

namespace {

std::vector<std::int16_t> ramp(std::size_t n) {
  std::vector<std::int16_t> out(n);
  for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<std::int16_t>(i % 30000);
  return out;
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

/// Every y of the first outline.
std::vector<double> heights(const std::string& svg) {
  std::vector<double> out;
  const std::size_t from = svg.find(" d=\"M") + 5;
  std::string path = svg.substr(from, svg.find('Z', from) - from);
  std::size_t used = 0;
  for (bool is_y = false; path.find_first_not_of(' ') != std::string::npos; is_y = !is_y) {
    const double value = std::stod(path, &used);
    path.erase(0, used);
    if (is_y) out.push_back(value);
  }
  return out;
}

}  // namespace

TEST_CASE("an outline has the extremes of each stretch of one channel") {
  envelope e;
  const std::vector<std::int16_t> both = {1, -1, 5, -5, -3, 3, 2, -2, 0, 0};
  e.add(both, 0, 2);
  CHECK(e.samples() == 5);
  using list = std::vector<envelope::column>;
  CHECK(e.columns(100) == list{{1, 1}, {5, 5}, {-3, -3}, {2, 2}, {0, 0}});
  CHECK(e.columns(3) == list{{1, 5}, {-3, 2}, {0, 0}});
  CHECK(e.samples_a_column(3) == 2);
  CHECK(e.columns(1) == list{{-3, 5}});
  CHECK(e.peak() == 5);
  envelope other;
  other.add(both, 1, 2);
  CHECK(other.columns(1) == list{{-5, 3}});
  const std::vector<std::int16_t> deepest = {-32768};
  other.add(deepest, 0, 1);
  CHECK(other.peak() == 32768);
  CHECK(envelope{}.columns(10).empty());
  CHECK(envelope{}.peak() == 0);
}

TEST_CASE(
    "an outline stays bounded, keeps its extremes, and does not depend on the blocks it came in") {
  const auto sound = ramp(300'001);
  envelope whole, pieces;
  whole.add(sound, 0, 1);
  for (std::size_t at = 0; at < sound.size(); at += 777)
    pieces.add(std::span(sound).subspan(at, std::min<std::size_t>(777, sound.size() - at)), 0, 1);
  CHECK(whole.samples() == sound.size());
  const auto columns = whole.columns(envelope::most_columns);
  CHECK(columns.size() <= envelope::most_columns);
  CHECK(columns.size() > envelope::most_columns / 2);
  CHECK(columns == pieces.columns(envelope::most_columns));
  const auto width = static_cast<std::size_t>(whole.samples_a_column(envelope::most_columns));
  CHECK((sound.size() + width - 1) / width == columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto from = sound.begin() + static_cast<std::ptrdiff_t>(i * width);
    const auto to =
        sound.begin() + static_cast<std::ptrdiff_t>(std::min(sound.size(), (i + 1) * width));
    const auto [lowest, highest] = std::minmax_element(from, to);
    REQUIRE(columns[i] == envelope::column{*lowest, *highest});
  }
}

TEST_CASE("a waveform shows length, rate, peaks and channels") {
  envelope heard, sent;
  std::vector<std::int16_t> tone(16'000);
  for (std::size_t i = 0; i < tone.size(); ++i)
    tone[i] = static_cast<std::int16_t>(16384 * std::sin(0.3 * static_cast<double>(i)));
  heard.add(tone, 0, 1);
  sent.add(std::vector<std::int16_t>(16'000), 0, 1);
  const std::vector<audio::waveform_channel> rows = {{"heard", &heard}, {"sent", &sent}};
  const std::string svg = audio::waveform_svg(rows, 8000, "<a&b>.wav");
  CHECK(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
  CHECK(svg.ends_with("</svg>\n"));
  CHECK(svg.find("<title>&lt;a&amp;b&gt;.wav</title>") != std::string::npos);
  CHECK(svg.find("2.00 s, 8000 Hz") != std::string::npos);
  CHECK(svg.find("heard, peak -6.0 dBFS") != std::string::npos);
  CHECK(svg.find("sent, silence") != std::string::npos);
  CHECK(count(svg, "<path ") == 2);
  CHECK(svg.find(">0.2 s<") != std::string::npos);
  CHECK(svg.find(">2.0 s<") != std::string::npos);
  CHECK(svg.find("nan") == std::string::npos);
  // Half of full scale: 30 pixels above and below the middle of a channel of 120.
  const auto ys = heights(svg);
  REQUIRE_FALSE(ys.empty());
  const auto [top, bottom] = std::minmax_element(ys.begin(), ys.end());
  CHECK(*bottom - *top == Approx(60).margin(1.5));
}

TEST_CASE("a waveform of nothing, and of a day, are pictures of a bounded size") {
  envelope empty;
  const std::string nothing =
      audio::waveform_svg(std::vector<audio::waveform_channel>{{"heard", &empty}}, 8000, "");
  CHECK(nothing.find("0.00 s") != std::string::npos);
  CHECK(nothing.find("nan") == std::string::npos);
  CHECK(nothing.find("inf") == std::string::npos);
  CHECK(count(nothing, "<path ") == 0);

  envelope day;
  const auto block = ramp(8'000'000);
  for (int i = 0; i < 3; ++i) day.add(block, 0, 1);
  const std::string svg =
      audio::waveform_svg(std::vector<audio::waveform_channel>{{"heard", &day}}, 300, "day");
  CHECK(svg.size() < 40'000);
  CHECK(svg.find(":00:00<") != std::string::npos);
}

TEST_CASE("the time axis has between three and ten marks") {
  for (double seconds = 0.05; seconds < 1e6; seconds *= 1.37) {
    CAPTURE(seconds);
    const double step = audio::time_mark_step(seconds);
    CHECK(seconds / step <= 10);
    CHECK(seconds / step >= 2);
  }
  CHECK(audio::time_mark_step(2.7) == 0.5);
  CHECK(audio::time_mark_step(60) == 10);
  CHECK(audio::time_mark_step(3600) == 600);
}
