#include "sipvoice/media/lane.hpp"

#include <algorithm>

namespace sipvoice::media {
namespace {

/// What the longest packet of the lowest rate becomes at the highest: 2048 bytes of G.711 at
/// 48 kHz. Longer packets are cut.
constexpr std::size_t max_resampled = 2048 * 6;

/// What lies beyond an end is guessed by turning the sound round that end: no step, no bend.
std::int16_t beyond(std::int16_t end, std::int16_t mirrored) {
  return static_cast<std::int16_t>(std::clamp(2 * int{end} - int{mirrored}, -32768, 32767));
}

}  // namespace

audio::stream_resampler& lane::resampler_of(audio::codec_id codec) {
  auto& place = resamplers_[static_cast<std::size_t>(codec)];
  if (!place)
    place = std::make_unique<audio::stream_resampler>(audio::info(codec).sample_rate, rate_);
  return *place;
}

/// What the resampler holds back of the last packet goes behind it.
void lane::put_end() {
  audio::stream_resampler& resampler = resampler_of(codec_);
  const auto last = std::span<const std::int16_t>(last_).first(last_count_);
  std::array<std::int16_t, max_lead> in;
  const auto guess = std::span(in).first(resampler.from() / lead_hz);
  for (std::size_t i = 0; i < guess.size(); ++i)
    guess[i] = beyond(last.back(), last[last.size() - 1 - std::min(i + 1, last.size() - 1)]);
  std::array<std::int16_t, max_lead> out;
  const std::size_t count = std::min(resampler.process(guess, out), resampler.delay());
  buffer_.put_extra(clock_.map(end_), sequence_, std::span<const std::int16_t>(out).first(count));
}

void lane::lead_in(audio::stream_resampler& resampler,
                   std::span<const std::int16_t> samples) const {
  resampler.reset();
  std::array<std::int16_t, max_lead> in;
  const auto guess = std::span(in).first(resampler.from() / lead_hz);
  for (std::size_t i = 0; i < guess.size(); ++i)
    guess[i] = beyond(samples.front(), samples[std::min(guess.size() - i, samples.size() - 1)]);
  std::array<std::int16_t, max_lead> nobody_hears;
  static_cast<void>(resampler.process(guess, nobody_hears));
}

void lane::keep_end(std::span<const std::int16_t> samples) {
  const auto last = samples.last(std::min(samples.size(), last_.size()));
  last_count_ = last.size();
  std::copy(last.begin(), last.end(), last_.begin());
}

bool lane::lay(rtp_timestamp at, sequence_number sequence, std::span<const std::int16_t> samples,
               std::optional<time_point> arrived, bool made_up) {
  if (made_up) return buffer_.put_made_up(at, sequence, samples);
  buffer_.put(at, sequence, samples, arrived);
  return true;
}

bool lane::put(rtp_timestamp timestamp, sequence_number sequence, audio::codec_id codec,
               std::span<const std::int16_t> samples, std::optional<time_point> arrived,
               bool made_up) {
  if (samples.empty()) return false;
  const audio::codec_info& from = audio::info(codec);
  if (clock_.set(from.clock_rate, rate_)) restart();
  if (from.sample_rate == rate_) {
    if (following_) put_end();
    following_ = false;
    return lay(clock_.map(timestamp), sequence, samples, arrived, made_up);
  }
  audio::stream_resampler& resampler = resampler_of(codec);
  const std::size_t fitting = max_resampled * from.sample_rate / rate_ - 1;
  const auto in = samples.first(std::min(samples.size(), fitting));
  std::size_t skipped = 0;  // those of the packet before, which this one does not know
  if (!following_) {
    resampler.reset();
  } else if (codec != codec_ || timestamp != end_) {
    put_end();
    lead_in(resampler, in);
    skipped = resampler.delay();
  }
  std::array<std::int16_t, max_resampled> out;
  const std::size_t count = resampler.process(in, out);
  if (skipped >= count) skipped = 0;
  const bool laid =
      lay(clock_.map(timestamp) + static_cast<std::uint32_t>(skipped), sequence,
          std::span<const std::int16_t>(out).first(count).subspan(skipped), arrived, made_up);
  following_ = true;
  codec_ = codec;
  sequence_ = sequence;
  end_ = timestamp +
         static_cast<std::uint32_t>(std::uint64_t{in.size()} * from.clock_rate / from.sample_rate);
  keep_end(in);
  return laid;
}

}  // namespace sipvoice::media
