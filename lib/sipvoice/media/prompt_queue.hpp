// Prompts one after the other, cut into frames. A prompt is told as finished when the time of its
// last frame is over, which is when the next one's first frame is due.
#pragma once

#include <cstdint>
#include <deque>
#include <span>

#include "sipvoice/media/event_queue.hpp"
#include "sipvoice/media/values.hpp"

namespace sipvoice::media {

class prompt_queue {
 public:
  void add(play_command command) { queue_.push_back({std::move(command), 0, 0, false}); }
  /// Tells what has ended with the frame before. At the beginning of every tick.
  void settle(event_queue& events);
  /// Fills `frame` with the next samples, silence behind the last one. False: nothing plays, the
  /// frame is untouched.
  bool read(std::span<std::int16_t> frame, event_queue& events);
  /// Drops everything; those that had begun are told as not completed.
  void stop(event_queue& events);

 private:
  struct entry {
    play_command command;
    std::size_t position = 0;
    std::uint64_t played = 0;  ///< samples, all rounds of a loop
    bool told = false;         ///< that it began; a loop tells so once
  };
  [[nodiscard]] static std::size_t length(const entry& e);
  [[nodiscard]] static play_finished finished(const entry& e, bool completed);

  std::deque<entry> queue_;
};

}  // namespace sipvoice::media
