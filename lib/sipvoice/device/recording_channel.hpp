// Between a media worker, which writes, and the recorder's thread, which reads: a bounded ring of
// one recording. The worker never waits; what does not fit is counted, and its time is kept as
// silence once there is room again.
#pragma once

#include <semaphore.h>

#include <atomic>
#include <memory>
#include <utility>

#include "sipvoice/base/ring.hpp"
#include "sipvoice/media/values.hpp"

namespace sipvoice::device {

/// Wakes the recorder's thread; posting never blocks.
class wake_up {
 public:
  wake_up() { ::sem_init(&semaphore_, 0, 0); }
  ~wake_up() { ::sem_destroy(&semaphore_); }
  wake_up(const wake_up&) = delete;
  wake_up& operator=(const wake_up&) = delete;
  void post() { ::sem_post(&semaphore_); }
  void wait();
  /// At most until this moment of the monotonic clock.
  void wait_until(time_point when);

 private:
  sem_t semaphore_;
};

class recording_channel {
 public:
  recording_channel(std::uint32_t sample_rate, bool stereo, std::shared_ptr<wake_up> wake);

  // --- the worker's side
  void write(std::span<const std::int16_t> heard, std::span<const std::int16_t> sent);
  void close();

  // --- the recorder's side
  [[nodiscard]] bool closed() const { return closed_.load(std::memory_order_acquire); }
  /// Interleaved samples, whole frames while `out` holds whole frames.
  std::size_t read(std::span<std::int16_t> out) { return ring_.read(out); }
  /// Frames of silence that are still owed; final once closed.
  [[nodiscard]] std::uint64_t owed() const { return owed_at_end_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t overruns() const { return overruns_.load(std::memory_order_relaxed); }

 private:
  [[nodiscard]] std::size_t room() const { return (ring_.capacity() - ring_.size()) / channels_; }
  void pay_silence();
  void put(std::span<const std::int16_t> heard, std::span<const std::int16_t> sent);

  std::size_t channels_;
  ring<std::int16_t> ring_;
  std::shared_ptr<wake_up> wake_;
  std::uint64_t owed_ = 0;  ///< of the worker alone
  std::atomic<std::uint64_t> overruns_{0}, owed_at_end_{0};
  std::atomic<bool> closed_{false};
};

/// What a media session holds: closes its channel when it is dropped without being closed.
class channel_sink final : public media::recording_sink {
 public:
  explicit channel_sink(std::shared_ptr<recording_channel> channel)
      : channel_(std::move(channel)) {}
  ~channel_sink() override { close(); }
  void write(std::span<const std::int16_t> heard, std::span<const std::int16_t> sent) override {
    if (!done_) channel_->write(heard, sent);
  }
  void close() override {
    if (!std::exchange(done_, true)) channel_->close();
  }

 private:
  std::shared_ptr<recording_channel> channel_;
  bool done_ = false;
};

}  // namespace sipvoice::device
