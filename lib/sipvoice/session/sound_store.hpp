// Asked by `session`, implemented by the layers that have files: prompts in, recordings out.
// Called on the signalling loop. Prompts of routes and options were loaded before (a cache), so
// load() does not read a file while calls are up.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sipvoice/audio/clip.hpp"
#include "sipvoice/base/time.hpp"
#include "sipvoice/media/values.hpp"
#include "sipvoice/session/prompt_source.hpp"
#include "sipvoice/session/tone_clip.hpp"

namespace sipvoice::session {

/// Told when a recording's file is complete.
struct recording_result {
  std::string file;
  std::uint64_t duration_ms = 0;
  std::uint64_t overruns = 0;  ///< blocks that were lost because the helper thread was too slow
  std::string error;  ///< empty, or what went wrong ("disk full"): the file is valid up to it
  std::string picture = {};        ///< of its waveform, final name; empty: none was made
  std::string picture_error = {};  ///< why it could not be made; empty: nothing is wrong
};

struct recording {
  std::string file;  ///< final name, after -2, -3
  std::shared_ptr<media::recording_sink> sink;
};

/// How a sound card kept up: pieces that lacked (silence instead) or were too much (left out), on
/// each side, and by how much its clock differs from ours.
struct live_report {
  std::uint64_t input_underruns = 0, input_overruns = 0;
  std::uint64_t output_underruns = 0, output_overruns = 0;
  std::uint64_t card_stumbles = 0;  ///< told by the card itself
  double input_drift_ppm = 0;       ///< positive: the microphone's clock is the faster
  double output_drift_ppm = 0;      ///< positive: the speaker's clock is the slower
};

/// A sound card that one call has, until this is dropped.
class live_line {
 public:
  virtual ~live_line() = default;
  /// Microphone and speaker run from a moment after this on. Never blocks.
  [[nodiscard]] virtual std::shared_ptr<media::live_sound> open() = 0;
  [[nodiscard]] virtual live_report report() const = 0;
};

/// A prompt at the rate at which it will be played.
struct prompt_wish {
  prompt_source source;
  std::uint32_t sample_rate = 0;
};

class sound_store {
 public:
  virtual ~sound_store() = default;
  /// The file decoded and resampled to `sample_rate`, mono; nullptr when it cannot be read, then
  /// `error` says why.
  virtual std::shared_ptr<const audio::clip> load(const std::string& file,
                                                  std::uint32_t sample_rate,
                                                  std::string& error) = 0;
  /// The text spoken with that voice (empty: the usual one), at `sample_rate`, mono; else nullptr
  /// and `error`. Texts of routes and options were spoken before, as files were loaded.
  virtual std::shared_ptr<const audio::clip> speak(const std::string& /*text*/,
                                                   const std::string& /*voice*/,
                                                   std::uint32_t /*sample_rate*/,
                                                   std::string& error) {
    error = "nothing here can speak";
    return nullptr;
  }
  /// Whichever it is.
  std::shared_ptr<const audio::clip> load_source(const prompt_source& source,
                                                 std::uint32_t sample_rate, std::string& error) {
    if (source.tone) return tone_clip(*source.tone, sample_rate, error);
    return source.is_spoken() ? speak(source.text, source.voice, sample_rate, error)
                              : load(source.file, sample_rate, error);
  }
  /// Makes load_source() of all of these quick, while calls are up. `done` is called on the
  /// signalling loop, with the wish that failed first and what is wrong with it, or with nothing;
  /// not at all when the process ends before. A store without a thread does it at once.
  using prepared_function =
      std::function<void(const std::optional<prompt_wish>& failed, const std::string& error)>;
  virtual void prepare(std::vector<prompt_wish> wishes, prepared_function done) {
    for (const prompt_wish& wish : wishes) {
      std::string error;
      if (!load_source(wish.source, wish.sample_rate, error)) return done(wish, error);
    }
    done(std::nullopt, {});
  }
  /// Looks for a sound card, before the first call. Empty, or what is wrong and which there are.
  virtual std::string prepare_live(const std::string& /*device*/) { return no_live; }
  /// The card for one call. nullptr: `error` says why; `busy`, that another call has it. `failed`
  /// is called on the signalling loop when it cannot be opened, or is gone later.
  virtual std::unique_ptr<live_line> take_live(const std::string& /*device*/,
                                               std::function<void(const std::string&)> /*failed*/,
                                               bool& busy, std::string& error) {
    busy = false;
    error = no_live;
    return nullptr;
  }
  /// Opens a new 16-bit WAV. Never overwrites: -2, -3, ... before the extension. `done` is called
  /// on the signalling loop after close(). `sink` is null on failure, then `error` says why.
  virtual recording open_recording(const std::string& file, std::uint32_t sample_rate, bool stereo,
                                   std::function<void(const recording_result&)> done,
                                   std::string& error) = 0;
  /// The same, and when the file is complete its waveform is drawn to the SVG `picture` (-2, -3
  /// where it exists; empty: none). A store that cannot draw makes the recording alone.
  virtual recording open_drawn_recording(const std::string& file, const std::string& /*picture*/,
                                         std::uint32_t sample_rate, bool stereo,
                                         std::function<void(const recording_result&)> done,
                                         std::string& error) {
    return open_recording(file, sample_rate, stereo, std::move(done), error);
  }
  /// At the end of the process, when no sink is written to any more: returns when every recording
  /// is complete and its `done` has been posted. Nothing is opened afterwards.
  virtual void finish() {}

 private:
  static constexpr const char* no_live = "there is no sound card here";
};

}  // namespace sipvoice::session
