// What a call heard, kept in memory for a comparison (--expect-audio). Bounded.
#pragma once

#include <cstdint>
#include <vector>

#include "sipvoice/media/values.hpp"

namespace sipvoice::session {

/// Longer calls are compared by their first part only, and whoever compares says so.
inline constexpr std::uint32_t max_capture_seconds = 20 * 60;
/// So much was kept that there may have been more.
[[nodiscard]] constexpr bool capture_is_full(std::size_t samples, std::uint32_t sample_rate) {
  return samples >= std::size_t{sample_rate} * max_capture_seconds;
}

/// One writer: the media worker, between record_command and the end of the media session. One
/// reader: the signalling loop, and only after the session's `media_closed` has arrived there. That
/// event is posted by the worker after its last write, which orders the two without a lock.
class capture_sink final : public media::recording_sink {
 public:
  /// Reserves address space for all of it at once: `write` never allocates.
  explicit capture_sink(std::uint32_t sample_rate);

  void write(std::span<const std::int16_t> heard, std::span<const std::int16_t> sent) override;
  void close() override {}

  /// Only after media_closed.
  [[nodiscard]] std::vector<std::int16_t> take() { return std::move(samples_); }

 private:
  std::size_t limit_;
  std::vector<std::int16_t> samples_;
};

}  // namespace sipvoice::session
