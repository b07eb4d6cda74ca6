#include "sipvoice/media/lane.hpp"

#include <algorithm>

namespace sipvoice::media {
namespace {

/// What the longest packet of the lowest rate becomes at the highest: 2048 bytes of G.711 at
/// 48 kHz. Longer packets are cut.
constexpr std::size_t max_resampled = 2048 * 6;

}  // namespace

void lane::put(rtp_timestamp timestamp, sequence_number sequence, audio::codec_id codec,
               std::span<const std::int16_t> samples, std::optional<time_point> arrived) {
  const audio::codec_info& from = audio::info(codec);
  if (clock_.set(from.clock_rate, rate_)) buffer_.restart();
  const rtp_timestamp place = clock_.map(timestamp);
  if (from.sample_rate == rate_) {
    buffer_.put(place, sequence, samples, arrived);
    return;
  }
  auto& resampler = resamplers_[static_cast<std::size_t>(codec)];
  if (!resampler) resampler = std::make_unique<audio::stream_resampler>(from.sample_rate, rate_);
  std::array<std::int16_t, max_resampled> out;
  const std::size_t fitting = max_resampled * from.sample_rate / rate_ - 1;
  const auto in = samples.first(std::min(samples.size(), fitting));
  const std::size_t count = resampler->process(in, out);
  buffer_.put(place, sequence, std::span<const std::int16_t>(out).first(count), arrived);
}

}  // namespace sipvoice::media
