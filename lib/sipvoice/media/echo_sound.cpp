#include "sipvoice/media/echo_sound.hpp"

#include <algorithm>

namespace sipvoice::media {

std::span<const std::int16_t> echo_sound::decode(audio::codec_id from, audio::codec_id to,
                                                 byte_view payload) {
  if (!buffers_) buffers_ = std::make_unique<buffers>();
  auto& decoder = decoders_[static_cast<std::size_t>(from)];
  if (!decoder) decoder = audio::make_decoder(from);
  const auto decoded =
      std::span(buffers_->decoded).first(decoder->decode(payload, buffers_->decoded));
  const std::uint32_t rate = audio::info(from).sample_rate, wanted = audio::info(to).sample_rate;
  if (rate == wanted) return decoded;
  if (!resampler_ || resampler_->from() != rate || resampler_->to() != wanted)
    resampler_ = std::make_unique<audio::stream_resampler>(rate, wanted);
  const auto in = decoded.first(std::min(decoded.size(), max_samples * rate / wanted - 1));
  return std::span(buffers_->resampled).first(resampler_->process(in, buffers_->resampled));
}

void echo_sound::reset() {
  for (auto& decoder : decoders_)
    if (decoder) decoder->reset();
}

}  // namespace sipvoice::media
