#include "sipvoice/media/prompt_queue.hpp"

#include <algorithm>

namespace sipvoice::media {

std::size_t prompt_queue::length(const entry& e) {
  return e.command.clip ? e.command.clip->samples.size() : 0;
}

play_finished prompt_queue::finished(const entry& e, bool completed) {
  const std::uint64_t rate = e.command.clip ? std::max(1u, e.command.clip->sample_rate) : 8000u;
  return {e.command.handle, e.played * 1000 / rate, completed};
}

void prompt_queue::settle(event_queue& events) {
  if (queue_.empty() || !queue_.front().told) return;
  entry& e = queue_.front();
  if (e.position < length(e)) return;
  if (e.command.loop && length(e) > 0) {
    e.position = 0;
    if (queue_.size() > 1) {
      queue_.push_back(std::move(e));
      queue_.pop_front();
    }
    return;
  }
  events.push(finished(e, true));
  queue_.pop_front();
}

bool prompt_queue::read(std::span<std::int16_t> frame, event_queue& events) {
  // A prompt without a sample takes no frame.
  while (!queue_.empty() && length(queue_.front()) == 0) {
    events.push(play_started{queue_.front().command.handle});
    events.push(finished(queue_.front(), true));
    queue_.pop_front();
  }
  if (queue_.empty()) return false;
  entry& e = queue_.front();
  if (!e.told) events.push(play_started{e.command.handle});
  e.told = true;
  const auto rest = std::span(e.command.clip->samples).subspan(e.position);
  const std::size_t count = std::min(rest.size(), frame.size());
  std::copy_n(rest.begin(), count, frame.begin());
  std::fill(frame.begin() + static_cast<std::ptrdiff_t>(count), frame.end(), std::int16_t{0});
  e.position += count;
  e.played += count;
  return true;
}

void prompt_queue::stop(event_queue& events) {
  settle(events);
  for (const entry& e : queue_)
    if (e.told) events.push(finished(e, false));
  queue_.clear();
}

}  // namespace sipvoice::media
