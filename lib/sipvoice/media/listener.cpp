#include "sipvoice/media/listener.hpp"

#include <algorithm>

#include "sipvoice/media/resampled_sink.hpp"

namespace sipvoice::media {
namespace {

void mix(std::span<std::int16_t> into, std::span<const std::int16_t> other) {
  for (std::size_t i = 0; i < into.size() && i < other.size(); ++i)
    into[i] = static_cast<std::int16_t>(std::clamp(int{into[i]} + other[i], -32768, 32767));
}

}  // namespace

void listener::use(audio::codec_id sending) {
  if (sending == sending_) return;
  sending_ = sending;
  if (!timeline_) return;
  const std::uint32_t from = audio::info(sending).sample_rate;
  const std::uint32_t to = timeline_->rate;
  timeline_->sent_in_tick.reset();
  if (from != to) timeline_->sent_in_tick = std::make_unique<audio::stream_resampler>(from, to);
}

void listener::record(const record_command& command, event_queue& events) {
  if (!command.sink) return;
  const auto place = std::find_if(recordings_.begin(), recordings_.end(),
                                  [](const recording& r) { return !r.sink; });
  if (place == recordings_.end()) {
    command.sink->close();
    events.push(record_stopped{command.handle});
    return;
  }
  const std::uint32_t sending_rate = audio::info(sending_).sample_rate;
  const std::uint32_t wanted =
      command.sample_rate == 0 ? sending_rate : std::min(command.sample_rate, max_file_rate);
  if (!timeline_) {
    timeline_ = std::make_unique<timeline>(std::min(wanted, max_sample_rate));
    const std::uint32_t rate = timeline_->rate;
    if (rate != sending_rate)
      timeline_->sent_in_tick = std::make_unique<audio::stream_resampler>(sending_rate, rate);
  }
  const std::uint32_t rate = timeline_->rate;
  *place = {command.handle, command.sink, std::nullopt};
  if (wanted != rate) place->sink = std::make_shared<resampled_sink>(command.sink, rate, wanted);
  if (command.max_duration > duration::zero())
    place->remaining = static_cast<std::uint64_t>(to_ms(command.max_duration)) * rate / 1000;
}

void listener::stop(record_handle handle) {
  for (recording& r : recordings_) {
    if (!r.sink || r.handle != handle) continue;
    r.sink->close();
    r = {};
  }
  release_if_unused();
}

void listener::release_if_unused() {
  const bool used = std::any_of(recordings_.begin(), recordings_.end(),
                                [](const recording& r) { return r.sink != nullptr; });
  if (used || !timeline_) return;
  late_ = late();
  concealed_ms_ = concealed_ms();
  timeline_.reset();
}

std::uint64_t listener::late() const {
  return late_ + (timeline_ ? timeline_->heard.buffer().late() + timeline_->decoder.late() : 0);
}

std::uint64_t listener::concealed_ms() const {
  return concealed_ms_ +
         (timeline_ ? timeline_->heard.buffer().concealed_ms() + timeline_->decoder.concealed_ms()
                    : 0);
}

void listener::hear(const rtp::packet_header& header, audio::codec_id codec, byte_view payload,
                    time_point now) {
  if (timeline_) timeline_->decoder.push(header, codec, payload, now, timeline_->into_heard);
}

void listener::watch_speech(bool on) {
  if (!on) speech_.reset();
  if (on && !speech_) speech_ = std::make_unique<speech_watch>();
}

time_point listener::speech_deadline() const { return speech_ ? speech_->next_deadline() : never; }

speech_watch::changes listener::listen(const rtp::packet_header& header, audio::codec_id codec,
                                       byte_view payload, time_point now) {
  return speech_ ? speech_->hear(header, codec, payload, now) : speech_watch::changes{};
}

std::optional<speech_watch::change> listener::speech_timeout(time_point now) {
  return speech_ ? speech_->handle_timeout(now) : std::nullopt;
}

void listener::note_other(const rtp::packet_header& header, time_point now) {
  if (speech_) speech_->note_other(header);
  if (timeline_) timeline_->decoder.note_other(header, now, timeline_->into_heard);
}

void listener::comfort_noise(const rtp::packet_header& header, std::uint8_t level, time_point now) {
  note_other(header, now);
  if (!timeline_) return;
  const auto when = timeline_->into_heard.samples_until(header.timestamp);
  timeline_->heard.comfort_noise(when.value_or(0), level);
}

void listener::new_source() {
  if (speech_) speech_->restart();
  if (!timeline_) return;
  timeline_->decoder.flush(timeline_->into_heard);
  timeline_->into_heard.restart();
}

void listener::sent_apart(const rtp::packet_header& header, std::span<const std::int16_t> samples) {
  if (!timeline_) return;
  // The same delay as what is heard, so that both channels stay beside each other.
  timeline& t = *timeline_;
  if (!t.apart) {
    t.apart = std::make_unique<rtp::jitter_buffer>(t.rate, t.rate);
    t.into_apart.emplace(*t.apart, t.rate);
  }
  t.into_apart->put(header.timestamp, header.sequence, sending_, samples, std::nullopt);
}

void listener::handle_timeout(time_point now) {
  if (timeline_) timeline_->decoder.handle_timeout(now, timeline_->into_heard);
}

time_point listener::next_deadline() const {
  return timeline_ ? timeline_->decoder.next_deadline() : never;
}

void listener::write(std::span<const std::int16_t> heard, std::span<const std::int16_t> sent,
                     event_queue& events) {
  for (recording& r : recordings_) {
    if (!r.sink) continue;
    const std::size_t count = static_cast<std::size_t>(
        std::min<std::uint64_t>(heard.size(), r.remaining.value_or(heard.size())));
    if (count > 0) r.sink->write(heard.first(count), sent.first(count));
    if (!r.remaining) continue;
    *r.remaining -= count;
    if (*r.remaining > 0) continue;
    r.sink->close();
    events.push(record_stopped{r.handle});
    r = {};
  }
}

/// The tick's samples at the rate of the timeline; how many.
std::size_t listener::laid_on_timeline(std::span<const std::int16_t> sent,
                                       std::span<std::int16_t> out) {
  if (!timeline_->sent_in_tick) {
    const std::size_t count = std::min(sent.size(), out.size());
    std::copy_n(sent.begin(), count, out.begin());
    return count;
  }
  return timeline_->sent_in_tick->process(sent, out);
}

void listener::tick(std::span<const std::int16_t> sent, event_queue& events) {
  if (speech_) speech_->sent(sent, audio::info(sending_).sample_rate);
  if (!timeline_) return;
  std::array<std::int16_t, max_frame_samples> heard_frame, apart_frame, sent_frame;
  const std::size_t count = laid_on_timeline(sent, sent_frame);
  const auto heard = std::span(heard_frame).first(count);
  const auto out = std::span(sent_frame).first(count);
  timeline_->heard.pull(heard);
  if (timeline_->apart) {
    const auto apart = std::span(apart_frame).first(count);
    static_cast<void>(timeline_->apart->pull(apart));
    mix(out, apart);
  }
  write(heard, out, events);
  release_if_unused();
}

void listener::close(event_queue& events) {
  const std::array<std::int16_t, max_frame_samples> silence{};
  if (timeline_) timeline_->decoder.flush(timeline_->into_heard);
  while (timeline_) {
    timeline& t = *timeline_;
    const std::size_t left = std::max(t.heard.buffer().pending(), t.apart ? t.apart->pending() : 0);
    if (left == 0) break;
    t.sent_in_tick.reset();
    tick(std::span(silence).first(std::min<std::size_t>(left, t.rate / 50)), events);
  }
  for (recording& r : recordings_) {
    if (r.sink) r.sink->close();
    r = {};
  }
  release_if_unused();
}

}  // namespace sipvoice::media
