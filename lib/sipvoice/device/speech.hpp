// Texts spoken by a program of its own, once each: its WAV is kept in a folder of ours.
//
// Blocks while the program runs: prompts are made before the first call, off the media workers.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "sipvoice/audio/clip.hpp"
#include "sipvoice/base/time.hpp"
#include "sipvoice/device/speech_command.hpp"

namespace sipvoice::device {

struct speech_settings {
  std::string command;       ///< --tts-command; empty: espeak-ng
  std::string voice;         ///< where a text names none; empty: espeak-ng's "en"
  std::string cache_folder;  ///< empty: default_speech_folder()
  duration time_limit = std::chrono::seconds(30);
  /// Of all texts together: when there are more, those that were not used for longest go.
  std::uint64_t cache_bytes = std::uint64_t{256} << 20;
  const std::atomic<bool>* stop = nullptr;  ///< when it is set the program is ended
};

/// XDG_CACHE_HOME/sipvoice/speech, or HOME/.cache/sipvoice/speech. Empty: neither is set.
[[nodiscard]] std::string default_speech_folder();

struct spoken {
  enum class outcome : std::uint8_t {
    made,
    bad_usage,  ///< of the text, the voice or the command: exit code 2
    failed      ///< a program that is missing or fails, a folder that cannot be written: 3
  };
  outcome how = outcome::failed;
  std::string file;   ///< the WAV, while nobody clears the folder
  std::string error;  ///< one line: what is wrong, what there is, what to do
};

class speech {
 public:
  explicit speech(speech_settings settings) : settings_(std::move(settings)) {}

  /// The WAV of this text, made by the program if it is not there yet. `voice` empty: that of the
  /// settings.
  [[nodiscard]] spoken make(const std::string& text, const std::string& voice) const;
  /// The same, decoded and resampled; nullptr and `error` on failure.
  [[nodiscard]] std::shared_ptr<const audio::clip> speak(const std::string& text,
                                                         const std::string& voice,
                                                         std::uint32_t sample_rate,
                                                         std::string& error) const;

 private:
  speech_settings settings_;
};

}  // namespace sipvoice::device
