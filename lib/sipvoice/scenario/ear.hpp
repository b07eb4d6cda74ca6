// What one call hears and sends, kept for expectations and for the report: from the media worker,
// through two rings, into a bounded memory of samples and a picture of the whole.
//
// Threads: `write` and `take_news` are the worker's; everything else is the loop's.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sipvoice/base/ring.hpp"
#include "sipvoice/base/time.hpp"
#include "sipvoice/media/values.hpp"
#include "sipvoice/scenario/report.hpp"

namespace sipvoice::scenario {

/// The lowest and highest sample of each piece of a sound, whatever its length: where there are too
/// many pieces, two become one.
class outline_builder {
 public:
  explicit outline_builder(std::uint32_t sample_rate) : piece_(sample_rate / 50) {}
  void add(std::span<const std::int16_t> samples);
  [[nodiscard]] sound_outline take(double start_ms, std::uint32_t sample_rate) const;

 private:
  void halve();

  std::size_t piece_;  ///< samples
  std::size_t filled_ = 0;
  std::int16_t low_ = 0, high_ = 0;
  std::vector<std::pair<std::int16_t, std::int16_t>> peaks_;
};

class ear final : public media::recording_sink {
 public:
  /// Of what is heard, the last so many minutes are there to be compared.
  static constexpr std::uint32_t kept_minutes = 10;

  explicit ear(std::uint32_t sample_rate);

  // --- the media worker
  void write(std::span<const std::int16_t> heard, std::span<const std::int16_t> sent) override;
  void close() override {}
  [[nodiscard]] bool take_news() override { return !told_.exchange(true); }

  // --- the loop
  /// Takes over what has come; `now` dates the first sample. Returns what was heard since the last
  /// time; valid until the next call.
  std::span<const std::int16_t> listen(time_point now);
  [[nodiscard]] std::uint32_t sample_rate() const { return rate_; }
  /// Positions count samples from the beginning of media.
  [[nodiscard]] std::uint64_t begin() const { return forgotten_; }
  [[nodiscard]] std::uint64_t end() const { return forgotten_ + heard_.size(); }
  /// From `at` on, which is not before begin().
  [[nodiscard]] std::span<const std::int16_t> from(std::uint64_t at) const;
  [[nodiscard]] std::uint64_t lost() const { return lost_.load(); }  ///< samples
  /// Nothing before the first sample.
  [[nodiscard]] std::optional<time_point> started() const { return started_; }
  [[nodiscard]] sound_outline heard_outline(double start_ms) const {
    return heard_outline_.take(start_ms, rate_);
  }
  [[nodiscard]] sound_outline sent_outline(double start_ms) const {
    return sent_outline_.take(start_ms, rate_);
  }

 private:
  std::uint32_t rate_;
  ring<std::int16_t> heard_ring_, sent_ring_;
  std::atomic<std::uint64_t> lost_{0};
  std::atomic<bool> told_{false};
  std::vector<std::int16_t> piece_, heard_;
  std::uint64_t forgotten_ = 0;
  std::optional<time_point> started_;
  outline_builder heard_outline_, sent_outline_;
};

}  // namespace sipvoice::scenario
