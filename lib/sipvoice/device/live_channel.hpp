// Between a media worker and the two callbacks of a sound card: one bounded ring each way, and the
// worker's elastic ends of them. Nobody waits for anybody.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include "sipvoice/audio/elastic.hpp"
#include "sipvoice/base/ring.hpp"
#include "sipvoice/media/values.hpp"
#include "sipvoice/session/sound_store.hpp"

namespace sipvoice::device {

class live_channel final : public media::live_sound {
 public:
  explicit live_channel(std::uint32_t sample_rate)
      : rate_(sample_rate),
        from_microphone_(sample_rate / 1000 * audio::elastic_limits::ring_ms),
        to_speaker_(sample_rate / 1000 * audio::elastic_limits::ring_ms),
        microphone_(from_microphone_, sample_rate),
        speaker_(to_speaker_, sample_rate) {}

  // --- the worker's side
  [[nodiscard]] std::uint32_t sample_rate() const override { return rate_; }
  void read(std::span<std::int16_t> frame) override { microphone_.read(frame); }
  void write(std::span<const std::int16_t> frame) override {
    // Before the card takes anything, what is written would only be delay.
    if (speaker_runs_.load(std::memory_order_relaxed)) speaker_.write(frame);
  }

  // --- the sound card's callbacks, each on a thread of its own
  void captured(std::span<const std::int16_t> samples) {
    captures_.fetch_add(1, std::memory_order_relaxed);
    if (from_microphone_.write(samples) < samples.size())
      lost_.fetch_add(1, std::memory_order_relaxed);
  }
  void play(std::span<std::int16_t> samples) {
    plays_.fetch_add(1, std::memory_order_relaxed);
    speaker_runs_.store(true, std::memory_order_relaxed);
    const std::size_t n = to_speaker_.read(samples);
    for (std::int16_t& s : samples.subspan(n)) s = 0;
  }
  /// The card itself says that it lost or lacked sound.
  void stumbled() { stumbles_.fetch_add(1, std::memory_order_relaxed); }

  // --- any thread
  /// How often the microphone has brought something, and the speaker has taken something.
  [[nodiscard]] std::uint64_t captures() const { return captures_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t plays() const { return plays_.load(std::memory_order_relaxed); }
  [[nodiscard]] session::live_report report() const {
    return {microphone_.underruns(),
            microphone_.overruns() + lost_.load(std::memory_order_relaxed),
            speaker_.underruns(),
            speaker_.overruns(),
            stumbles_.load(std::memory_order_relaxed),
            microphone_.drift_ppm(),
            speaker_.drift_ppm()};
  }

 private:
  std::uint32_t rate_;
  std::atomic<std::uint64_t> captures_{0}, plays_{0};
  ring<std::int16_t> from_microphone_, to_speaker_;
  audio::elastic_reader microphone_;
  audio::elastic_writer speaker_;
  std::atomic<bool> speaker_runs_{false};
  std::atomic<std::uint64_t> lost_{0}, stumbles_{0};
};

}  // namespace sipvoice::device
