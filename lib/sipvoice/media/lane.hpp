// One side of a recording: decoded packets of any codec, laid on the timeline of a jitter buffer
// that has one sample rate, which is its clock too.
//
// A resampler is late by some milliseconds: the end of a packet comes out with the next one. Where
// another packet follows than the next one (lost, swapped) that end is laid behind its packet, and
// the resampler begins anew, so that each sound is in its place in whatever order it came.
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
           std::span<const std::int16_t> samples, std::optional<time_point> arrived) {
    static_cast<void>(put(timestamp, sequence, codec, samples, arrived, false));
  }
  /// Sound that was made up for one that is lost. False: too late to be heard.
  bool put_made_up(rtp_timestamp timestamp, sequence_number sequence, audio::codec_id codec,
                   std::span<const std::int16_t> samples) {
    return put(timestamp, sequence, codec, samples, std::nullopt, true);
  }
  /// A packet without sound took this number: it is not lost.
  void note_other(sequence_number sequence) { buffer_.note_other(sequence); }
  /// When a moment of this codec's time will be heard; see jitter_buffer::samples_until().
  [[nodiscard]] std::optional<std::int64_t> samples_until(rtp_timestamp timestamp) {
    return buffer_.samples_until(clock_.map(timestamp));
  }
  /// Another source: what comes next follows on what is there.
  void restart() {
    buffer_.restart();
    following_ = false;
  }

 private:
  /// A resampler gets so much before the first sample that it has to say something of.
  static constexpr std::uint32_t lead_hz = 100;  ///< 10 ms
  static constexpr std::size_t max_lead = 480;   ///< of them at 48 kHz

  [[nodiscard]] audio::stream_resampler& resampler_of(audio::codec_id codec);
  bool put(rtp_timestamp timestamp, sequence_number sequence, audio::codec_id codec,
           std::span<const std::int16_t> samples, std::optional<time_point> arrived, bool made_up);
  bool lay(rtp_timestamp at, sequence_number sequence, std::span<const std::int16_t> samples,
           std::optional<time_point> arrived, bool made_up);
  void put_end();
  void lead_in(audio::stream_resampler& resampler, std::span<const std::int16_t> samples) const;
  void keep_end(std::span<const std::int16_t> samples);

  rtp::jitter_buffer& buffer_;
  std::uint32_t rate_;
  clock_bridge clock_;
  /// By codec, for those of another rate; made when used.
  std::array<std::unique_ptr<audio::stream_resampler>, audio::codec_count> resamplers_;

  bool following_ = false;  ///< the following are of the packet that was put last, and resampled
  audio::codec_id codec_{};
  sequence_number sequence_;
  rtp_timestamp end_;                          ///< by the clock of its codec
  std::array<std::int16_t, max_lead> last_{};  ///< its last samples
  std::size_t last_count_ = 0;
};

}  // namespace sipvoice::media
