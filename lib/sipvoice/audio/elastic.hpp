// The worker's ends of the rings between it and a sound card, which has a clock of its own: what is
// read or written is stretched by a few ppm so that the delay stays the same for ever.
//
// Neither end waits, locks or allocates. What one clock's stumbling makes impossible is counted: an
// underrun (nothing was there: silence) asks for a little more delay from then on; an overrun (too
// much was there: time is left out) brings the delay back at once.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <span>

#include "sipvoice/audio/drift_control.hpp"
#include "sipvoice/audio/fine_resampler.hpp"
#include "sipvoice/base/ring.hpp"

namespace sipvoice::audio {

struct elastic_limits {
  static constexpr std::uint32_t first_target_ms = 60;  ///< the level that is aimed at
  static constexpr std::uint32_t step_ms = 20;          ///< more of it after an underrun
  static constexpr std::uint32_t most_target_ms = 200;
  static constexpr std::uint32_t slack_ms = 150;  ///< above the target: too much
  /// A ring of so much is never full.
  static constexpr std::uint32_t ring_ms = 500;
};

/// What both ends have in common. Figures may be read by any thread.
class elastic_end {
 public:
  [[nodiscard]] std::uint64_t underruns() const { return underruns_.load(relaxed); }
  [[nodiscard]] std::uint64_t overruns() const { return overruns_.load(relaxed); }
  /// Between the clocks; positive: who writes is the faster.
  [[nodiscard]] double drift_ppm() const { return drift_ppm_.load(relaxed); }

 protected:
  static constexpr auto relaxed = std::memory_order_relaxed;
  static constexpr std::size_t chunk = 256;  ///< samples that pass at a time

  elastic_end(ring<std::int16_t>& samples, std::uint32_t sample_rate)
      : ring_(samples), rate_(sample_rate), target_(in_samples(elastic_limits::first_target_ms)) {}
  [[nodiscard]] std::size_t in_samples(std::uint32_t ms) const { return rate_ / 1000 * ms; }
  [[nodiscard]] std::size_t most() const { return target_ + in_samples(elastic_limits::slack_ms); }
  void steer(std::size_t level, std::size_t count);
  void count_underrun();
  void count_overrun() { overruns_.fetch_add(1, relaxed); }

  ring<std::int16_t>& ring_;
  std::uint32_t rate_;
  std::size_t target_;
  drift_control control_;
  fine_resampler resampler_;

 private:
  std::atomic<std::uint64_t> underruns_{0}, overruns_{0};
  std::atomic<double> drift_ppm_{0};
};

/// Reads what a microphone's callback writes.
class elastic_reader : public elastic_end {
 public:
  elastic_reader(ring<std::int16_t>& samples, std::uint32_t sample_rate)
      : elastic_end(samples, sample_rate) {}
  /// All of `out`; silence where there is nothing.
  void read(std::span<std::int16_t> out);
  /// Samples that wait.
  [[nodiscard]] std::size_t level() const { return ring_.size() + piece_.size(); }

 private:
  void leave_out(std::size_t count);

  std::array<std::int16_t, chunk> buffer_{};
  std::span<const std::int16_t> piece_;  ///< of buffer_: taken from the ring, not used yet
  bool running_ = false;
};

/// Writes what a speaker's callback reads.
class elastic_writer : public elastic_end {
 public:
  elastic_writer(ring<std::int16_t>& samples, std::uint32_t sample_rate)
      : elastic_end(samples, sample_rate) {}
  void write(std::span<const std::int16_t> in);
  [[nodiscard]] std::size_t level() const { return ring_.size(); }

 private:
  void put_silence(std::size_t count);

  bool running_ = false;
  bool holding_back_ = false;  ///< too much was there, and it still is
};

}  // namespace sipvoice::audio
