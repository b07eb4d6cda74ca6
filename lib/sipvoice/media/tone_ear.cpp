#include "sipvoice/media/tone_ear.hpp"

#include <algorithm>

namespace sipvoice::media {

void tone_ear::listen(bool on, event_queue& events) {
  if (on == (stream_ != nullptr)) return;
  finish(events);
  stream_ = on ? std::make_unique<stream>() : nullptr;
}

void tone_ear::tell(event_queue& events) {
  while (const auto d = stream_->detector->poll())
    events.push_bounded(
        digit_received{d->value, d->duration_ms, d->complete, digit_method::inband});
}

void tone_ear::use(audio::codec_id codec, event_queue& events) {
  if (stream_->codec == codec) return;
  finish(events);
  stream& s = *stream_;
  s.codec = codec;
  auto& decoder = s.decoders[static_cast<std::size_t>(codec)];
  if (!decoder) decoder = audio::make_decoder(codec);
  decoder->reset();
  s.detector.emplace(audio::info(codec).sample_rate);
}

void tone_ear::hear(const rtp::packet_header& header, audio::codec_id codec, byte_view payload,
                    time_point now, event_queue& events) {
  if (!stream_) return;
  use(codec, events);
  stream_->queue.push(header, payload, true, now);
  stream_->updated = now;
  while (const auto item = stream_->queue.pop(now)) play(*item, events);
}

void tone_ear::note_other(const rtp::packet_header& header, time_point now, event_queue& events) {
  if (!stream_ || !stream_->codec) return;
  stream_->queue.push(header, {}, false, now);
  while (const auto item = stream_->queue.pop(now)) play(*item, events);
}

/// Time has passed since the last packet without one: lost, or a silence that was not sent.
void tone_ear::bridge(const rtp::packet_header& next) {
  stream& s = *stream_;
  const auto& codec = audio::info(*s.codec);
  const std::int32_t gap = next.timestamp - s.end;
  if (gap <= 0) return;
  const auto samples =
      std::size_t{static_cast<std::uint32_t>(gap)} * codec.sample_rate / codec.clock_rate;
  if (next.sequence - s.last >= 2) return s.detector->missing(samples);
  // So much silence ends everything.
  const std::array<std::int16_t, 480> silence{};
  for (std::size_t left = std::min<std::size_t>(samples, codec.sample_rate / 5); left > 0;) {
    const std::size_t piece = std::min(left, silence.size());
    s.detector->push(std::span(silence).first(piece));
    left -= piece;
  }
}

void tone_ear::play(const rtp::reorder_queue::item& item, event_queue& events) {
  stream& s = *stream_;
  const std::uint32_t ticks = item.deliver ? audio::ticks_of(*s.codec, item.payload) : 0;
  if (ticks > 0) {
    if (s.played) bridge(item.header);
    std::array<std::int16_t, audio::max_packet_samples> pcm;
    const std::size_t count =
        s.decoders[static_cast<std::size_t>(*s.codec)]->decode(item.payload, pcm);
    s.detector->push(std::span(pcm).first(count));
    s.played = true;
    s.end = item.header.timestamp + ticks;
  }
  s.last = item.header.sequence;
  tell(events);
}

void tone_ear::finish(event_queue& events) {
  if (!stream_ || !stream_->codec) return;
  while (const auto item = stream_->queue.pop_all()) play(*item, events);
  stream_->queue.reset();
  stream_->played = false;
  stream_->updated = never;
  stream_->detector->finish();
  tell(events);
}

void tone_ear::handle_timeout(time_point now, event_queue& events) {
  if (!stream_) return;
  while (const auto item = stream_->queue.pop(now)) play(*item, events);
  if (stream_->updated != never && now >= stream_->updated + patience) finish(events);
}

time_point tone_ear::next_deadline() const {
  if (!stream_) return never;
  const time_point silent = stream_->updated == never ? never : stream_->updated + patience;
  return std::min(stream_->queue.next_deadline(), silent);
}

}  // namespace sipvoice::media
