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
  const std::uint32_t from = audio::info(sending).sample_rate;
  for (const auto& t : timelines_) {
    if (!t) continue;
    t->sent_in_tick.reset();
    if (from != t->rate) t->sent_in_tick = std::make_unique<audio::stream_resampler>(from, t->rate);
  }
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
  auto& timeline_of_mode = timelines_[static_cast<std::size_t>(command.playout)];
  if (!timeline_of_mode) {
    timeline_of_mode =
        std::make_unique<timeline>(std::min(wanted, max_sample_rate), command.playout, settings_);
    if (const std::uint32_t to = timeline_of_mode->rate; to != sending_rate)
      timeline_of_mode->sent_in_tick = std::make_unique<audio::stream_resampler>(sending_rate, to);
  }
  const std::uint32_t rate = timeline_of_mode->rate;
  *place = {command.handle, command.playout, command.sink, std::nullopt};
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
  for (auto& t : timelines_) {
    const bool used = std::any_of(recordings_.begin(), recordings_.end(), [&](const recording& r) {
      return r.sink && t && r.mode == t->mode;
    });
    if (used || !t) continue;
    // What has been told stays told, whichever timeline goes on.
    const std::uint64_t late_so_far = late(), concealed_so_far = concealed_ms();
    if (!closing_) delay_ = playout_delay();
    t.reset();
    late_ += late_so_far - late();
    concealed_ms_ += concealed_so_far - concealed_ms();
  }
}

/// Of two timelines the worse: what is late for both is one packet.
std::uint64_t listener::late() const {
  std::uint64_t most = 0;
  for (const auto& t : timelines_)
    if (t) most = std::max(most, t->heard.buffer().late() + t->decoder.late());
  return late_ + most;
}

std::uint64_t listener::concealed_ms() const {
  if (!settings_.conceal) return 0;
  std::uint64_t most = 0;
  for (const auto& t : timelines_)
    if (t) most = std::max(most, t->heard.buffer().concealed_ms() + t->decoder.concealed_ms());
  return concealed_ms_ + most;
}

std::optional<duration> listener::playout_delay() const {
  std::optional<duration> longest;
  for (const auto& t : timelines_)
    if (t) longest = std::max(longest.value_or(duration::zero()), t->heard.buffer().delay());
  return longest && !closing_ ? longest : delay_;
}

void listener::hear(const rtp::packet_header& header, audio::codec_id codec, byte_view payload,
                    time_point now) {
  for (const auto& t : timelines_)
    if (t) t->decoder.push(header, codec, payload, now, t->into_heard);
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
  for (const auto& t : timelines_)
    if (t) t->decoder.note_other(header, now, t->into_heard);
}

void listener::comfort_noise(const rtp::packet_header& header, std::uint8_t level, time_point now) {
  note_other(header, now);
  for (const auto& t : timelines_) {
    if (!t) continue;
    const auto when = t->into_heard.samples_until(header.timestamp);
    t->heard.comfort_noise(when.value_or(0), level);
  }
}

void listener::new_source() {
  if (speech_) speech_->restart();
  for (const auto& t : timelines_) {
    if (!t) continue;
    t->decoder.flush(t->into_heard);
    t->into_heard.restart();
  }
}

void listener::sent_apart(const rtp::packet_header& header, std::span<const std::int16_t> samples) {
  // The same delay as what is heard, so that both channels stay beside each other.
  for (const auto& t : timelines_) {
    if (!t) continue;
    if (!t->apart) {
      t->apart = std::make_unique<rtp::jitter_buffer>(t->rate, t->rate, settings_.delays,
                                                      playout_mode::adaptive);
      t->into_apart.emplace(*t->apart, t->rate);
    }
    t->into_apart->put(header.timestamp, header.sequence, sending_, samples, std::nullopt);
  }
}

void listener::handle_timeout(time_point now) {
  for (const auto& t : timelines_)
    if (t) t->decoder.handle_timeout(now, t->into_heard);
}

time_point listener::next_deadline() const {
  time_point next = never;
  for (const auto& t : timelines_)
    if (t) next = std::min(next, t->decoder.next_deadline());
  return next;
}

void listener::write(playout_mode mode, std::span<const std::int16_t> heard,
                     std::span<const std::int16_t> sent, event_queue& events) {
  for (recording& r : recordings_) {
    if (!r.sink || r.mode != mode) continue;
    const std::size_t count = static_cast<std::size_t>(
        std::min<std::uint64_t>(heard.size(), r.remaining.value_or(heard.size())));
    if (count > 0) r.sink->write(heard.first(count), sent.first(count));
    if (r.sink->take_news()) events.push(sound_news{});
    if (!r.remaining) continue;
    *r.remaining -= count;
    if (*r.remaining > 0) continue;
    r.sink->close();
    events.push(record_stopped{r.handle});
    r = {};
  }
}

void listener::tick(timeline& t, std::span<const std::int16_t> sent, event_queue& events) {
  std::array<std::int16_t, max_frame_samples> heard_frame, apart_frame, sent_frame;
  std::size_t count = std::min(sent.size(), sent_frame.size());
  if (t.sent_in_tick)
    count = t.sent_in_tick->process(sent, sent_frame);
  else
    std::copy_n(sent.begin(), count, sent_frame.begin());
  const auto heard = std::span(heard_frame).first(count);
  const auto out = std::span(sent_frame).first(count);
  t.heard.pull(heard);
  if (t.apart) {
    const auto apart = std::span(apart_frame).first(count);
    static_cast<void>(t.apart->pull(apart));
    mix(out, apart);
  }
  write(t.mode, heard, out, events);
}

void listener::tick(std::span<const std::int16_t> sent, event_queue& events) {
  if (speech_) speech_->sent(sent, audio::info(sending_).sample_rate);
  if (!wanted()) return;
  for (const auto& t : timelines_)
    if (t) tick(*t, sent, events);
  release_if_unused();
}

/// All that is buffered for this mode.
void listener::play_out(playout_mode mode, event_queue& events) {
  const std::array<std::int16_t, max_frame_samples> silence{};
  const auto& t = timelines_[static_cast<std::size_t>(mode)];
  if (t) t->decoder.flush(t->into_heard);
  while (t) {
    const std::size_t left =
        std::max(t->heard.buffer().pending(), t->apart ? t->apart->pending() : 0);
    if (left == 0) break;
    t->sent_in_tick.reset();
    tick(*t, std::span(silence).first(std::min<std::size_t>(left, t->rate / 50)), events);
    release_if_unused();
  }
}

void listener::close(event_queue& events) {
  delay_ = playout_delay();
  closing_ = true;  // from here on the buffers run empty
  play_out(playout_mode::adaptive, events);
  play_out(playout_mode::steady, events);
  for (recording& r : recordings_) {
    if (r.sink) r.sink->close();
    r = {};
  }
  release_if_unused();
}

}  // namespace sipvoice::media
