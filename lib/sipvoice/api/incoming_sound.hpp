// What is heard in one call, on its way from the media worker to the application's callback.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>

#include "sipvoice/base/ring.hpp"
#include "sipvoice/media/values.hpp"

namespace sipvoice::api {

class incoming_sound final : public media::recording_sink {
 public:
  /// Keeps a second at most; what comes while it is full is lost, and counted.
  explicit incoming_sound(std::uint32_t sample_rate) : rate_(sample_rate), heard_(sample_rate) {}

  // --- the media worker
  void write(std::span<const std::int16_t> heard, std::span<const std::int16_t> sent) override;
  void close() override {}
  /// One letter is under way at a time, however long it takes.
  [[nodiscard]] bool take_news() override { return !told_.exchange(true); }

  // --- the loop
  /// Gives all that is there, in frames of 20 ms; `timestamp` in samples.
  void read(const std::function<void(std::span<const std::int16_t>, std::uint64_t timestamp)>& to);
  [[nodiscard]] std::uint32_t sample_rate() const { return rate_; }

 private:
  std::uint32_t rate_;
  ring<std::int16_t> heard_;
  std::atomic<std::uint64_t> lost_{0};  ///< samples
  std::atomic<bool> told_{false};
  std::uint64_t given_ = 0;  ///< the loop's
};

}  // namespace sipvoice::api
