// What is heard and what went out, on one even timeline, for those who record. Costs nothing while
// nobody does.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "sipvoice/media/event_queue.hpp"
#include "sipvoice/media/limits.hpp"
#include "sipvoice/media/playout.hpp"
#include "sipvoice/media/values.hpp"
#include "sipvoice/rtp/jitter_buffer.hpp"

namespace sipvoice::media {

class listener {
 public:
  static constexpr std::size_t max_sinks = 4;  ///< one more is closed at once and told as stopped

  listener(std::uint32_t sample_rate, std::uint32_t clock_rate)
      : sample_rate_(sample_rate), clock_rate_(clock_rate) {}

  void record(const record_command& command, event_queue& events);
  void stop(record_handle handle);
  /// Somebody records: packets are worth decoding.
  [[nodiscard]] bool wanted() const { return heard_ != nullptr; }

  /// A packet that was heard, each once.
  void hear(rtp_timestamp timestamp, sequence_number sequence,
            std::span<const std::int16_t> samples, time_point arrived);
  void note_other(sequence_number sequence);
  void new_source();
  /// A packet that was sent between ticks (echo), by its own time and number.
  void sent_apart(rtp_timestamp timestamp, sequence_number sequence,
                  std::span<const std::int16_t> samples);

  /// One tick: `sent` is what it sent, silence where it sent nothing.
  void tick(std::span<const std::int16_t> sent, event_queue& events);
  /// Plays out what is buffered and closes all sinks.
  void close(event_queue& events);

  [[nodiscard]] std::uint64_t late() const {
    return late_ + (heard_ ? heard_->buffer().late() : 0);
  }
  [[nodiscard]] std::uint64_t concealed_ms() const {
    return concealed_ms_ + (heard_ ? heard_->buffer().concealed_ms() : 0);
  }

 private:
  struct recording {
    record_handle handle = 0;
    std::shared_ptr<recording_sink> sink;
    std::optional<std::uint64_t> remaining;  ///< samples
  };
  void write(std::span<const std::int16_t> heard, std::span<const std::int16_t> sent,
             event_queue& events);
  void release_if_unused();

  std::uint32_t sample_rate_, clock_rate_;
  std::array<recording, max_sinks> recordings_;
  std::unique_ptr<playout> heard_;
  std::unique_ptr<rtp::jitter_buffer> apart_;
  std::uint64_t late_ = 0, concealed_ms_ = 0;  ///< of buffers that are gone
};

}  // namespace sipvoice::media
