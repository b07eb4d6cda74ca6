#include "sipvoice/api/outgoing_sound.hpp"

#include <algorithm>

namespace sipvoice::api {

outgoing_sound::outgoing_sound(std::uint32_t sample_rate, std::size_t prebuffer,
                               std::size_t capacity)
    : rate_(sample_rate),
      prebuffer_(std::min(prebuffer, capacity)),
      capacity_(capacity),
      samples_(std::make_unique<std::atomic<std::int16_t>[]>(capacity)) {}

// --- the loop

std::size_t outgoing_sound::waiting() const {
  const std::uint64_t head = head_.load();
  return static_cast<std::size_t>(tail_.load() - head);
}

std::size_t outgoing_sound::write(std::span<const std::int16_t> samples) {
  const std::uint64_t tail = tail_.load();
  const std::size_t count = std::min(samples.size(), room());
  for (std::size_t i = 0; i < count; ++i)
    samples_[(tail + i) % capacity_].store(samples[i], std::memory_order_relaxed);
  tail_.store(tail + count);
  return count;
}

void outgoing_sound::end() { mark_.store(tail_.load()); }

std::uint64_t outgoing_sound::cancel() {
  const auto dropped = drop_all();
  std::uint64_t end = dropped ? dropped->from : head_.load();
  if (cut_.exchange(false)) end = std::min(end, cut_from_.load());
  const std::uint64_t played = end > began_ ? end - began_ : 0;
  began_ = tail_.load();
  mark_.store(began_);
  return played;
}

/// Whoever moves the head has what was before it: a frame that the worker is copying at this moment
/// is dropped too, since its own step fails.
std::optional<outgoing_sound::gap> outgoing_sound::drop_all() {
  std::uint64_t head = head_.load();
  const std::uint64_t tail = tail_.load();
  while (head < tail)
    if (head_.compare_exchange_weak(head, tail)) return gap{head, tail};
  return std::nullopt;
}

std::optional<outgoing_sound::finished> outgoing_sound::take_finished() {
  if (cut_.exchange(false)) {
    const finished f{cut_from_.load() - std::min(began_, cut_from_.load()), false};
    began_ = cut_to_.load();
    return f;
  }
  const std::uint64_t mark = mark_.load();
  if (mark <= began_ || head_.load() < mark) return std::nullopt;
  const finished f{mark - began_, true};
  began_ = mark;
  return f;
}

bool outgoing_sound::take_room() { return room() >= capacity_ / 2 && wants_room_.exchange(false); }

// --- the media worker

std::size_t outgoing_sound::read(std::span<std::int16_t> frame) {
  std::uint64_t head = head_.load();
  const std::uint64_t tail = tail_.load();
  const std::size_t there = tail > head ? static_cast<std::size_t>(tail - head) : 0;
  if (there == 0) {
    flowing_ = false;
    return 0;
  }
  const std::uint64_t mark = mark_.load();
  const bool whole = mark > head;
  if (!flowing_ && !whole && there < prebuffer_) return 0;
  flowing_ = true;
  const std::size_t count = std::min(frame.size(), there);
  for (std::size_t i = 0; i < count; ++i)
    frame[i] = samples_[(head + i) % capacity_].load(std::memory_order_relaxed);
  if (!head_.compare_exchange_strong(head, head + count)) return 0;  // cancelled meanwhile
  const bool has_room = capacity_ - (there - count) >= capacity_ / 2;
  const bool response_over = mark > head && mark <= head + count;
  if (response_over || (has_room && wants_room_.load())) news_.store(true);
  return count;
}

bool outgoing_sound::interrupt() {
  const auto dropped = drop_all();
  if (!dropped) return false;
  cut_from_.store(dropped->from);
  cut_to_.store(dropped->to);
  cut_.store(true);
  news_.store(true);
  return true;
}

}  // namespace sipvoice::api
