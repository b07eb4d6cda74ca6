#include "sipvoice/media/listener.hpp"

#include <algorithm>

namespace sipvoice::media {
namespace {

void mix(std::span<std::int16_t> into, std::span<const std::int16_t> other) {
  for (std::size_t i = 0; i < into.size() && i < other.size(); ++i)
    into[i] = static_cast<std::int16_t>(std::clamp(int{into[i]} + other[i], -32768, 32767));
}

}  // namespace

void listener::record(const record_command& command, event_queue& events) {
  if (!command.sink) return;
  const auto place = std::find_if(recordings_.begin(), recordings_.end(),
                                  [](const recording& r) { return !r.sink; });
  if (place == recordings_.end()) {
    command.sink->close();
    events.push(record_stopped{command.handle});
    return;
  }
  *place = {command.handle, command.sink, std::nullopt};
  if (command.max_duration > duration::zero())
    place->remaining =
        static_cast<std::uint64_t>(to_ms(command.max_duration)) * sample_rate_ / 1000;
  if (!heard_) heard_ = std::make_unique<playout>(sample_rate_, clock_rate_);
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
  if (used || !heard_) return;
  late_ += heard_->buffer().late();
  concealed_ms_ += heard_->buffer().concealed_ms();
  heard_.reset();
  apart_.reset();
}

void listener::hear(rtp_timestamp timestamp, sequence_number sequence,
                    std::span<const std::int16_t> samples, time_point arrived) {
  if (heard_) heard_->buffer().put(timestamp, sequence, samples, arrived);
}

void listener::note_other(sequence_number sequence) {
  if (heard_) heard_->buffer().note_other(sequence);
}

void listener::new_source() {
  if (heard_) heard_->buffer().restart();
}

void listener::sent_apart(rtp_timestamp timestamp, sequence_number sequence,
                          std::span<const std::int16_t> samples) {
  if (!heard_) return;
  // The same delay as what is heard, so that both channels stay beside each other.
  if (!apart_) apart_ = std::make_unique<rtp::jitter_buffer>(sample_rate_, clock_rate_);
  apart_->put(timestamp, sequence, samples);
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

void listener::tick(std::span<const std::int16_t> sent, event_queue& events) {
  if (!heard_) return;
  std::array<std::int16_t, max_frame_samples> heard_frame, sent_frame;
  const std::size_t count = std::min(sent.size(), max_frame_samples);
  const auto heard = std::span(heard_frame).first(count);
  const auto out = std::span(sent_frame).first(count);
  heard_->pull(heard);
  if (apart_) {
    static_cast<void>(apart_->pull(out));
    mix(out, sent);
  } else {
    std::copy_n(sent.begin(), count, out.begin());
  }
  write(heard, out, events);
  release_if_unused();
}

void listener::close(event_queue& events) {
  std::array<std::int16_t, max_frame_samples> silence{};
  while (heard_) {
    const std::size_t left = std::max(heard_->buffer().pending(), apart_ ? apart_->pending() : 0);
    if (left == 0) break;
    tick(std::span(silence).first(std::min<std::size_t>(left, sample_rate_ / 50)), events);
  }
  for (recording& r : recordings_) {
    if (r.sink) r.sink->close();
    r = {};
  }
  release_if_unused();
}

}  // namespace sipvoice::media
