// Prompts one after the other, cut into frames. A prompt is told as finished when the time of its
// last frame is over, which is when the next one's first frame is due.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "sipvoice/audio/stream_resampler.hpp"
#include "sipvoice/media/event_queue.hpp"
#include "sipvoice/media/values.hpp"

namespace sipvoice::media {

class prompt_queue {
 public:
  void add(play_command command) { queue_.push_back({std::move(command), 0, 0, false}); }
  /// Tells what has ended with the frame before. At the beginning of every tick.
  void settle(event_queue& events);
  /// Fills `frame`, of this sample rate, with the next samples, silence behind the last one. False:
  /// nothing plays, the frame is untouched. A clip of another rate (the codec has changed since it
  /// was queued) is resampled as it plays.
  bool read(std::span<std::int16_t> frame, std::uint32_t sample_rate, event_queue& events);
  /// Drops everything; those that had begun are told as not completed.
  void stop(event_queue& events);
  /// The same where speech has begun: those that had begun are told as barged. False: none had, and
  /// nothing is dropped.
  bool interrupt(event_queue& events);

 private:
  struct entry {
    play_command command;
    std::size_t position = 0;
    std::uint64_t played = 0;  ///< samples, all rounds of a loop
    bool told = false;         ///< that it began; a loop tells so once
  };
  [[nodiscard]] static std::size_t length(const entry& e);
  [[nodiscard]] static play_finished finished(const entry& e, bool completed);
  /// The next samples of `e`; how many of its own were taken.
  std::size_t take(const entry& e, std::span<std::int16_t> frame, std::uint32_t sample_rate);

  std::vector<entry> queue_;
  std::unique_ptr<audio::stream_resampler> resampler_;
};

}  // namespace sipvoice::media
