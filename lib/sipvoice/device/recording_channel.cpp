#include "sipvoice/device/recording_channel.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>

namespace sipvoice::device {
namespace {

/// A second of sound: ten times the recorder's period.
std::size_t ring_samples(std::uint32_t sample_rate, bool stereo) {
  return static_cast<std::size_t>(sample_rate) * (stereo ? 2 : 1);
}

constexpr std::size_t piece = 256;  ///< frames that are interleaved at a time

}  // namespace

void wake_up::wait() {
  while (::sem_wait(&semaphore_) != 0 && errno == EINTR) {
  }
}

void wake_up::wait_until(time_point when) {
  const auto since = when.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  const timespec ts{static_cast<time_t>(seconds.count()),
                    static_cast<long>((since - seconds).count())};
  while (::sem_clockwait(&semaphore_, CLOCK_MONOTONIC, &ts) != 0 && errno == EINTR) {
  }
}

recording_channel::recording_channel(std::uint32_t sample_rate, bool stereo,
                                     std::shared_ptr<wake_up> wake)
    : channels_(stereo ? 2 : 1), ring_(ring_samples(sample_rate, stereo)), wake_(std::move(wake)) {}

void recording_channel::pay_silence() {
  constexpr std::array<std::int16_t, 2 * piece> silence{};
  while (owed_ > 0) {
    const std::size_t frames = std::min({static_cast<std::size_t>(owed_), room(), piece});
    if (frames == 0) return;
    ring_.write(std::span(silence).first(frames * channels_));
    owed_ -= frames;
  }
}

void recording_channel::put(std::span<const std::int16_t> heard,
                            std::span<const std::int16_t> sent) {
  if (channels_ == 1) {
    ring_.write(heard);
    return;
  }
  std::array<std::int16_t, 2 * piece> both;
  for (std::size_t at = 0; at < heard.size(); at += piece) {
    const std::size_t n = std::min(piece, heard.size() - at);
    for (std::size_t i = 0; i < n; ++i) {
      both[2 * i] = heard[at + i];
      both[2 * i + 1] = sent[at + i];
    }
    ring_.write(std::span(both).first(2 * n));
  }
}

void recording_channel::write(std::span<const std::int16_t> heard,
                              std::span<const std::int16_t> sent) {
  if (channels_ == 2 && sent.size() != heard.size())
    heard = heard.first(std::min(heard.size(), sent.size()));
  pay_silence();
  if (owed_ > 0 || room() < heard.size()) {
    owed_ += heard.size();
    overruns_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  put(heard, sent);
}

void recording_channel::close() {
  owed_at_end_.store(owed_, std::memory_order_relaxed);
  closed_.store(true, std::memory_order_release);
  wake_->post();
}

}  // namespace sipvoice::device
