// One side of a recording: decoded packets of any codec, laid on the timeline of a jitter buffer
// that has one sample rate, which is its clock too.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "sipvoice/audio/codec.hpp"
#include "sipvoice/audio/stream_resampler.hpp"
#include "sipvoice/media/clock_bridge.hpp"
#include "sipvoice/rtp/jitter_buffer.hpp"

namespace sipvoice::media {

class lane {
 public:
  /// The buffer has this rate for its samples and for its clock, and outlives the lane.
  lane(rtp::jitter_buffer& buffer, std::uint32_t sample_rate)
      : buffer_(buffer), rate_(sample_rate) {}

  /// A packet that is not a copy, by the clock and at the sample rate of its codec. `arrived`: see
  /// jitter_buffer::put().
  void put(rtp_timestamp timestamp, sequence_number sequence, audio::codec_id codec,
           std::span<const std::int16_t> samples, std::optional<time_point> arrived);
  /// A packet without sound took this number: it is not lost.
  void note_other(sequence_number sequence) { buffer_.note_other(sequence); }
  /// When a moment of this codec's time will be heard; see jitter_buffer::samples_until().
  [[nodiscard]] std::optional<std::int64_t> samples_until(rtp_timestamp timestamp) {
    return buffer_.samples_until(clock_.map(timestamp));
  }
  /// Another source: what comes next follows on what is there.
  void restart() { buffer_.restart(); }

 private:
  rtp::jitter_buffer& buffer_;
  std::uint32_t rate_;
  clock_bridge clock_;
  /// By codec, for those of another rate; made when used.
  std::array<std::unique_ptr<audio::stream_resampler>, audio::codec_count> resamplers_;
};

}  // namespace sipvoice::media
