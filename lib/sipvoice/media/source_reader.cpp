#include "sipvoice/media/source_reader.hpp"

#include <algorithm>
#include <array>

#include "sipvoice/media/limits.hpp"

namespace sipvoice::media {
namespace {

constexpr std::uint32_t min_rate = 8000;

}  // namespace

void source_reader::use(std::shared_ptr<sound_source> source) {
  source_ = std::move(source);
  resampler_.reset();
  if (source_ && (source_->sample_rate() < min_rate || source_->sample_rate() > max_sample_rate))
    source_.reset();
}

bool source_reader::read(std::span<std::int16_t> frame, std::uint32_t sample_rate,
                         event_queue& events) {
  if (!source_) return false;
  const std::uint32_t from = source_->sample_rate();
  std::array<std::int16_t, max_frame_samples> buffer;
  const bool same = from == sample_rate;
  const std::size_t wanted =
      std::min<std::size_t>(same ? frame.size() : frame.size() * from / sample_rate, buffer.size());
  const auto piece = std::span(buffer).first(wanted);
  const std::size_t got = source_->read(piece);
  tell(events);
  if (got == 0) return false;
  std::fill(piece.begin() + static_cast<std::ptrdiff_t>(got), piece.end(), std::int16_t{0});
  std::size_t made = wanted;
  if (same) {
    std::copy(piece.begin(), piece.end(), frame.begin());
  } else {
    if (!resampler_ || resampler_->to() != sample_rate)
      resampler_ = std::make_unique<audio::stream_resampler>(from, sample_rate);
    made = resampler_->process(piece, frame);
  }
  std::fill(frame.begin() + static_cast<std::ptrdiff_t>(made), frame.end(), std::int16_t{0});
  return true;
}

bool source_reader::interrupt(event_queue& events) {
  if (!source_ || !source_->interrupt()) return false;
  tell(events);
  return true;
}

void source_reader::tell(event_queue& events) {
  if (source_->take_news()) events.push(sound_news{});
}

}  // namespace sipvoice::media
