#include "sipvoice/media/speech_watch.hpp"

#include <algorithm>

namespace sipvoice::media {
namespace {

duration length_of(std::size_t samples, std::uint32_t rate) {
  return std::chrono::duration_cast<duration>(
      std::chrono::microseconds(samples * std::uint64_t{1'000'000} / rate));
}

}  // namespace

void speech_watch::use(audio::codec_id codec) {
  if (codec_ == codec) return;
  codec_ = codec;
  heard_ = false;
  auto& decoder = decoders_[static_cast<std::size_t>(codec)];
  if (!decoder) decoder = audio::make_decoder(codec);
  decoder->reset();
  const std::uint32_t rate = audio::info(codec).sample_rate;
  if (!activity_) activity_.emplace(rate, config_);
  if (rate != rate_) activity_->use_rate(rate);
  rate_ = rate;
}

void speech_watch::restart() {
  heard_ = false;
  hole_ = false;
  if (codec_) decoders_[static_cast<std::size_t>(*codec_)]->reset();
}

void speech_watch::note_other(const rtp::packet_header& header) {
  if (!heard_ || !newest_.before(header.sequence)) return;
  hole_ = hole_ || header.sequence != newest_ + 1;
  newest_ = header.sequence;
}

double speech_watch::masked_dbfs() const {
  return *std::max_element(sent_dbfs_.begin(), sent_dbfs_.end()) - echo_loss_db;
}

void speech_watch::sent(std::span<const std::int16_t> frame, std::uint32_t sample_rate) {
  const std::size_t block = std::max<std::size_t>(1, sample_rate / 100);
  for (auto rest = frame; !rest.empty(); rest = rest.subspan(std::min(block, rest.size())))
    sent_dbfs_[slot_] =
        std::max(sent_dbfs_[slot_], audio::level_dbfs(rest.first(std::min(block, rest.size()))));
  in_slot_ += length_of(frame.size(), sample_rate);
  if (in_slot_ < echo_slot) return;
  in_slot_ = {};
  slot_ = (slot_ + 1) % echo_slots;
  sent_dbfs_[slot_] = audio::voice_activity::never_masked;
}

std::optional<speech_watch::change> speech_watch::told(
    const std::optional<audio::voice_activity::change>& what, time_point decided) const {
  if (!what) return std::nullopt;
  const bool speaking = what->what == audio::voice_change::started;
  const duration known_after = speaking ? config_.attack : config_.release;
  return change{speaking, decided - length_of(what->before_end, rate_) - known_after};
}

speech_watch::changes speech_watch::hear(const rtp::packet_header& header, audio::codec_id codec,
                                         byte_view payload, time_point arrived) {
  use(codec);
  if (heard_ && !newest_.before(header.sequence)) return {};
  const auto& info = audio::info(codec);
  std::array<std::int16_t, audio::max_packet_samples> pcm;
  const std::size_t count = decoders_[static_cast<std::size_t>(codec)]->decode(payload, pcm);
  const duration length = length_of(count, info.sample_rate);

  changes result;
  const std::int32_t gap = heard_ ? header.timestamp - end_ : 0;
  if (gap > 0) {
    const auto samples = static_cast<std::uint64_t>(gap) * rate_ / info.clock_rate;
    if (!hole_ && header.sequence == newest_ + 1)
      result[0] = told(activity_->silence(samples), arrived - length);
    else
      activity_->missing(samples);
  }
  heard_ = true;
  hole_ = false;
  newest_ = header.sequence;
  end_ = header.timestamp + audio::ticks_of(codec, payload);
  last_arrived_ = std::max(last_arrived_, arrived);
  const auto sound = std::span<const std::int16_t>(pcm).first(count);
  result[1] = told(activity_->hear(sound, masked_dbfs()), arrived);
  return result;
}

time_point speech_watch::next_deadline() const {
  return activity_ && activity_->speaking() ? last_arrived_ + config_.release : never;
}

std::optional<speech_watch::change> speech_watch::handle_timeout(time_point now) {
  if (now < next_deadline()) return std::nullopt;
  const auto what =
      activity_->silence(static_cast<std::size_t>(to_ms(config_.release)) * rate_ / 1000);
  if (!what) return std::nullopt;
  return change{false, last_arrived_};
}

}  // namespace sipvoice::media
