// One thing that a call plays: a sound file, a text that is spoken, or a tone.
#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "sipvoice/base/time.hpp"

namespace sipvoice::session {

/// A sine. Of a whole number of periods it goes on without a click when it is looped: one second
/// of any whole number of hertz is.
struct tone_sound {
  double hz = 440;
  double level_dbm0 = -10;  ///< -60 to 3
  duration length = std::chrono::seconds(1);
  friend bool operator==(const tone_sound&, const tone_sound&) = default;
};

struct prompt_source {
  std::string file;                ///< empty: `text` is spoken, or the tone sounds
  std::string text;                ///< UTF-8
  std::string voice;               ///< as the speaking program names it; empty: that of the options
  std::optional<tone_sound> tone;  ///< set: the others are empty

  prompt_source(std::string name) : file(std::move(name)) {}
  prompt_source(const char* name) : file(name) {}
  [[nodiscard]] static prompt_source speech(std::string text, std::string voice = {}) {
    prompt_source s{std::string{}};
    s.text = std::move(text);
    s.voice = std::move(voice);
    return s;
  }
  [[nodiscard]] static prompt_source of_tone(const tone_sound& tone) {
    prompt_source s{std::string{}};
    s.tone = tone;
    return s;
  }

  [[nodiscard]] bool is_spoken() const { return file.empty() && !tone; }
  /// What events call it: a tone by its frequency, "tone:440".
  [[nodiscard]] std::string name() const {
    if (tone) return "tone:" + std::to_string(std::lround(tone->hz));
    return is_spoken() ? "say:" + text : file;
  }
  friend bool operator==(const prompt_source&, const prompt_source&) = default;
};

}  // namespace sipvoice::session
