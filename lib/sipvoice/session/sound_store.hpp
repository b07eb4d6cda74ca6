// Asked by `session`, implemented by the layers that have files: prompts in, recordings out.
// Called on the signalling loop. Prompts of routes and options were loaded before (a cache), so
// load() does not read a file while calls are up.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "sipvoice/audio/clip.hpp"
#include "sipvoice/base/time.hpp"
#include "sipvoice/media/values.hpp"

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

class sound_store {
 public:
  virtual ~sound_store() = default;
  /// The file decoded and resampled to `sample_rate`, mono; nullptr when it cannot be read, then
  /// `error` says why.
  virtual std::shared_ptr<const audio::clip> load(const std::string& file,
                                                  std::uint32_t sample_rate,
                                                  std::string& error) = 0;
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
};

}  // namespace sipvoice::session
