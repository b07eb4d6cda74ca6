// The program that speaks and its words: `espeak-ng`, or what --tts-command says.
//
// No shell reads the command. It is cut into words at spaces and tabs; '...' keeps everything
// together as it is, "..." too but for \" and \\, and outside of quotes \ takes the next character
// as it is. Then, in each word, {voice}, {text_file} and {wav_file} are filled in: a value with
// spaces stays one word. The text itself never stands on the command line.
#pragma once

#include <string>
#include <vector>

#include "sipvoice/base/result.hpp"

namespace sipvoice::device {

/// Longer texts are no prompt.
inline constexpr std::size_t max_spoken_bytes = 20'000;

struct speech_values {
  std::string voice, text_file, wav_file;
};

class speech_command {
 public:
  /// `espeak-ng -v VOICE -w WAV -f TEXT`
  [[nodiscard]] static speech_command espeak();
  /// A mistake names what is wrong with the command.
  [[nodiscard]] static result<speech_command> parse(const std::string& text);

  [[nodiscard]] const std::string& program() const { return words_.front(); }
  [[nodiscard]] bool is_espeak() const { return espeak_; }
  [[nodiscard]] bool takes_voice() const;
  [[nodiscard]] std::vector<std::string> fill(const speech_values& values) const;
  /// One text for two commands only if they are the same.
  [[nodiscard]] std::string identity() const;

 private:
  std::vector<std::string> words_;
  bool espeak_ = false;
};

/// Empty, or why this cannot be the name of a voice (it could be read as an option).
[[nodiscard]] std::string check_voice(const std::string& voice);
/// Empty, or why this cannot be spoken.
[[nodiscard]] std::string check_spoken_text(const std::string& text);

}  // namespace sipvoice::device
