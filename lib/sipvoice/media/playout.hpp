// What is heard of one stream, frame by frame: the jitter buffer, concealment of what is missing,
// and shortening where the buffer holds more than it has to.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "sipvoice/audio/concealer.hpp"
#include "sipvoice/media/comfort_noise_track.hpp"
#include "sipvoice/media/limits.hpp"
#include "sipvoice/rtp/jitter_buffer.hpp"

namespace sipvoice::media {

class playout {
 public:
  playout(std::uint32_t sample_rate, std::uint32_t clock_rate,
          duration target = rtp::jitter_buffer::default_target,
          rtp::playout_mode mode = rtp::playout_mode::adaptive)
      : playout(sample_rate, clock_rate,
                rtp::playout_delays{.first = std::min(target, rtp::jitter_buffer::max_target)},
                mode, true) {}
  /// `conceal`: what is missing is made up; else it is silence.
  playout(std::uint32_t sample_rate, std::uint32_t clock_rate, const rtp::playout_delays& delays,
          rtp::playout_mode mode, bool conceal);

  [[nodiscard]] rtp::jitter_buffer& buffer() { return buffer_; }
  [[nodiscard]] const rtp::jitter_buffer& buffer() const { return buffer_; }

  /// From that many samples on the sender is silent, and its background is noise of that level (0
  /// to 127 dB below the loudest, RFC 3389 section 3.1): so a pause sounds until the next packet.
  void comfort_noise(std::int64_t in_samples, std::uint8_t level);
  /// The next frame, at most max_frame_samples.
  void pull(std::span<std::int16_t> frame);
  /// Time that was left out because the delay was longer than it had to be.
  [[nodiscard]] std::uint64_t left_out_ms() const { return left_out_ * 1000 / sample_rate_; }

 private:
  [[nodiscard]] bool pull_shortened(std::span<std::int16_t> frame);
  void conceal(std::span<std::int16_t> frame, std::span<const rtp::gap> missing);
  void fill_gap(std::span<std::int16_t> gap, std::int64_t at);

  std::uint32_t sample_rate_;
  bool conceal_;
  audio::pitch_range range_;
  rtp::jitter_buffer buffer_;
  audio::concealer concealer_;
  std::vector<std::int16_t> room_;
  std::uint64_t left_out_ = 0;

  std::int64_t read_ = 0;  ///< samples taken from the buffer
  comfort_noise_track noise_;
};

}  // namespace sipvoice::media
