// One thing that a call plays: a sound file, or a text that is spoken.
#pragma once

#include <string>
#include <utility>

namespace sipvoice::session {

struct prompt_source {
  std::string file;   ///< empty: `text` is spoken
  std::string text;   ///< UTF-8
  std::string voice;  ///< as the speaking program names it; empty: the one of the options

  prompt_source(std::string name) : file(std::move(name)) {}
  prompt_source(const char* name) : file(name) {}
  [[nodiscard]] static prompt_source speech(std::string text, std::string voice = {}) {
    prompt_source s{std::string{}};
    s.text = std::move(text);
    s.voice = std::move(voice);
    return s;
  }

  [[nodiscard]] bool is_spoken() const { return file.empty(); }
  /// What events call it.
  [[nodiscard]] std::string name() const { return is_spoken() ? "say:" + text : file; }
  friend bool operator==(const prompt_source&, const prompt_source&) = default;
};

}  // namespace sipvoice::session
