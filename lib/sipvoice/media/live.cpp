#include "sipvoice/media/live.hpp"

#include <algorithm>
#include <array>

#include "sipvoice/media/limits.hpp"

namespace sipvoice::media {
namespace {

constexpr std::uint32_t min_rate = 8000;

}  // namespace

live::state::state(std::shared_ptr<live_sound> s)
    : sound(std::move(s)),
      rate(sound->sample_rate()),
      heard(rate, rate),
      into_heard(heard.buffer(), rate) {}

void live::use(std::shared_ptr<live_sound> sound) {
  on_.reset();
  if (!sound || sound->sample_rate() < min_rate || sound->sample_rate() > max_sample_rate) return;
  on_ = std::make_unique<state>(std::move(sound));
}

void live::hear(const rtp::packet_header& header, audio::codec_id codec, byte_view payload,
                time_point now) {
  if (on_) on_->decoder.push(header, codec, payload, now, on_->into_heard);
}

void live::note_other(const rtp::packet_header& header, time_point now) {
  if (on_) on_->decoder.note_other(header, now, on_->into_heard);
}

void live::new_source() {
  if (!on_) return;
  on_->decoder.flush(on_->into_heard);
  on_->into_heard.restart();
}

void live::handle_timeout(time_point now) {
  if (on_) on_->decoder.handle_timeout(now, on_->into_heard);
}

time_point live::next_deadline() const { return on_ ? on_->decoder.next_deadline() : never; }

void live::tick(duration length) {
  if (!on_) return;
  std::array<std::int16_t, max_frame_samples> buffer;
  const auto count = static_cast<std::size_t>(to_ms(length)) * on_->rate / 1000;
  const auto frame = std::span(buffer).first(std::min(count, buffer.size()));
  on_->heard.pull(frame);
  on_->sound->write(frame);
}

bool live::read(std::span<std::int16_t> frame, std::uint32_t sample_rate) {
  if (!on_) return false;
  if (sample_rate == on_->rate) {
    on_->sound->read(frame);
    return true;
  }
  auto& resampler = on_->to_codec;
  if (!resampler || resampler->to() != sample_rate)
    resampler = std::make_unique<audio::stream_resampler>(on_->rate, sample_rate);
  std::array<std::int16_t, max_frame_samples> buffer;
  const std::size_t count =
      std::min<std::size_t>(frame.size() * on_->rate / sample_rate, buffer.size());
  const auto heard = std::span(buffer).first(count);
  on_->sound->read(heard);
  const std::size_t made = resampler->process(heard, frame);
  std::fill(frame.begin() + static_cast<std::ptrdiff_t>(made), frame.end(), std::int16_t{0});
  return true;
}

}  // namespace sipvoice::media
