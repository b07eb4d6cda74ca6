#include "sipvoice/device/speech_command.hpp"

#include <algorithm>
#include <optional>

#include "sipvoice/base/text.hpp"

namespace sipvoice::device {
namespace {

constexpr std::size_t max_command_bytes = 4096;
constexpr std::size_t max_voice_bytes = 200;
constexpr std::string_view voice_place = "{voice}";
constexpr std::string_view text_place = "{text_file}";
constexpr std::string_view wav_place = "{wav_file}";

bool is_control(char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }

/// Takes one word off the front of `rest`, which does not begin with a space.
std::optional<std::string> take_word(std::string_view& rest) {
  std::string word;
  char quote = 0;
  for (; !rest.empty() && (quote != 0 || !is_space(rest.front())); rest.remove_prefix(1)) {
    char c = rest.front();
    if (c == quote) {
      quote = 0;
      continue;
    }
    if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
      continue;
    }
    const bool escapes = c == '\\' && quote != '\'' && rest.size() > 1;
    if (escapes && (quote == 0 || rest[1] == '"' || rest[1] == '\\')) {
      rest.remove_prefix(1);
      c = rest.front();
    }
    word += c;
  }
  if (quote != 0) return std::nullopt;
  return word;
}

bool holds(const std::vector<std::string>& words, std::string_view place) {
  return std::any_of(words.begin(), words.end(),
                     [&](const std::string& w) { return w.find(place) != std::string::npos; });
}

/// Values are not looked at again: one that holds "{voice}" stays as it is.
std::string filled(std::string_view word, const speech_values& values) {
  std::string out;
  while (!word.empty()) {
    const auto starts = [&word](std::string_view place) { return word.starts_with(place); };
    if (starts(voice_place)) {
      out += values.voice;
      word.remove_prefix(voice_place.size());
    } else if (starts(text_place)) {
      out += values.text_file;
      word.remove_prefix(text_place.size());
    } else if (starts(wav_place)) {
      out += values.wav_file;
      word.remove_prefix(wav_place.size());
    } else {
      out += word.front();
      word.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace

speech_command speech_command::espeak() {
  speech_command c;
  c.words_ = {"espeak-ng", "-b", "1", "-v", "{voice}", "-w", "{wav_file}", "-f", "{text_file}"};
  c.espeak_ = true;
  return c;
}

result<speech_command> speech_command::parse(const std::string& text) {
  speech_command c;
  if (text.size() > max_command_bytes) return failure{"it is longer than 4096 bytes"};
  if (std::any_of(text.begin(), text.end(), [](char b) { return is_control(b) && b != '\t'; }))
    return failure{"it holds a control character"};
  for (std::string_view rest = text; !rest.empty();) {
    if (is_space(rest.front())) {
      rest.remove_prefix(1);
      continue;
    }
    const std::size_t at = text.size() - rest.size();
    auto word = take_word(rest);
    if (!word) return failure{"a quote is not closed", at};
    c.words_.push_back(std::move(*word));
  }
  if (c.words_.empty() || c.words_.front().empty()) return failure{"it names no program"};
  if (!holds(c.words_, text_place)) return failure{"{text_file}, which holds the text, is missing"};
  if (!holds(c.words_, wav_place)) return failure{"{wav_file}, to be written, is missing"};
  return c;
}

bool speech_command::takes_voice() const { return holds(words_, voice_place); }

std::vector<std::string> speech_command::fill(const speech_values& values) const {
  std::vector<std::string> out;
  for (const std::string& word : words_) out.push_back(filled(word, values));
  return out;
}

std::string speech_command::identity() const {
  std::string out;
  for (const std::string& word : words_) (out += word) += '\0';
  return out;
}

std::string check_voice(const std::string& voice) {
  if (voice.size() > max_voice_bytes) return "a voice has at most 200 bytes";
  if (voice.starts_with('-')) return "a voice does not begin with '-'";
  if (std::any_of(voice.begin(), voice.end(), is_control)) return "it holds a control character";
  return {};
}

std::string check_spoken_text(const std::string& text) {
  if (trim(text).empty()) return "there is nothing to say";
  if (text.size() > max_spoken_bytes) return "a text has at most 20000 bytes";
  if (text.find('\0') != std::string::npos) return "the text holds a NUL byte";
  return {};
}

}  // namespace sipvoice::device
