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
    std::rotate(queue_.begin(), queue_.begin() + 1, queue_.end());
    return;
  }
  events.push(finished(e, true));
  queue_.erase(queue_.begin());
}

std::size_t prompt_queue::take(const entry& e, std::span<std::int16_t> frame,
                               std::uint32_t sample_rate) {
  auto rest = std::span<const std::int16_t>(e.command.clip->samples).subspan(e.position);
  const std::size_t before = rest.size();
  const std::uint32_t own = e.command.clip->sample_rate;
  std::size_t written = 0;
  if (own == sample_rate || own == 0) {
    written = std::min(rest.size(), frame.size());
    std::copy_n(rest.begin(), written, frame.begin());
    rest = rest.subspan(written);
  } else {
    if (!resampler_ || resampler_->from() != own || resampler_->to() != sample_rate)
      resampler_ = std::make_unique<audio::stream_resampler>(own, sample_rate);
    written = resampler_->fill(rest, frame);
  }
  std::fill(frame.begin() + static_cast<std::ptrdiff_t>(written), frame.end(), std::int16_t{0});
  return before - rest.size();
}

bool prompt_queue::read(std::span<std::int16_t> frame, std::uint32_t sample_rate,
                        event_queue& events) {
  // A prompt without a sample takes no frame.
  while (!queue_.empty() && length(queue_.front()) == 0) {
    events.push(play_started{queue_.front().command.handle});
    events.push(finished(queue_.front(), true));
    queue_.erase(queue_.begin());
  }
  if (queue_.empty()) return false;
  entry& e = queue_.front();
  if (!e.told) events.push(play_started{e.command.handle});
  e.told = true;
  const std::size_t count = take(e, frame, sample_rate);
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

bool prompt_queue::interrupt(event_queue& events) {
  if (queue_.empty() || !queue_.front().told) return false;
  settle(events);
  if (queue_.empty()) return false;
  for (const entry& e : queue_) {
    if (!e.told) continue;
    play_finished cut = finished(e, false);
    cut.barged = true;
    events.push(cut);
  }
  queue_.clear();
  return true;
}

}  // namespace sipvoice::media
