// What echoed packets sound like, at the sample rate of the codec we send: for those who record,
// and where the echo goes out by another codec than it came.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "sipvoice/audio/codec.hpp"
#include "sipvoice/audio/stream_resampler.hpp"

namespace sipvoice::media {

class echo_sound {
 public:
  /// The next packet in order; valid until the next call.
  [[nodiscard]] std::span<const std::int16_t> decode(audio::codec_id from, audio::codec_id to,
                                                     byte_view payload);
  /// Another stream follows.
  void reset();

 private:
  /// 120 ms at 48 kHz, or 2048 bytes of G.711 at 48 kHz.
  static constexpr std::size_t max_samples = 2048 * 6;
  struct buffers {
    std::array<std::int16_t, audio::max_packet_samples> decoded;
    std::array<std::int16_t, max_samples> resampled;
  };

  std::unique_ptr<buffers> buffers_;  ///< made with the first packet
  std::array<std::unique_ptr<audio::decoder>, audio::codec_count> decoders_;  ///< made when used
  std::unique_ptr<audio::stream_resampler> resampler_;
};

}  // namespace sipvoice::media
