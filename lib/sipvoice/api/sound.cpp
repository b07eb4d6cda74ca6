// What an application sends and hears in a call.
#include <algorithm>
#include <utility>

#include "sipvoice/api/control.hpp"
#include "sipvoice/api/guard.hpp"

namespace sipvoice::api {
namespace {

constexpr media::record_handle heard_handle = 1000;  // the engine's own count from 1
constexpr std::uint32_t min_rate = 8000, max_rate = 192000;
/// Of another rate, resampled at a time.
constexpr std::size_t piece = 480;

std::size_t samples_of(std::chrono::milliseconds time, std::uint32_t rate) {
  return static_cast<std::size_t>(std::max<std::int64_t>(time.count(), 0)) * rate / 1000;
}

std::chrono::milliseconds time_of(std::uint64_t samples, std::uint32_t rate) {
  return std::chrono::milliseconds(samples * 1000 / rate);
}

}  // namespace

/// False: there are no media yet, or no more.
bool control::open_sound(session_state& s) {
  if (s.sent) return true;
  const auto format = engine_->format_of(s.call);
  if (!format) return false;
  const std::uint32_t rate = audio::info(format->send.codec).sample_rate;
  const std::size_t room =
      std::max<std::size_t>(samples_of(config_.pacer_headroom, rate), rate / 10);
  auto sound =
      std::make_shared<outgoing_sound>(rate, samples_of(config_.pacer_prebuffer, rate), room);
  if (!engine_->command(s.call, media::source_command{sound})) return false;
  s.sent = std::move(sound);
  shell_->settle();
  return true;
}

/// What is heard goes to the application, where it asks for it.
void control::begin_hearing(session_state& s) {
  if (!on.audio) return;
  s.heard = std::make_shared<incoming_sound>(s.metadata.sample_rate);
  media::record_command command{heard_handle, s.heard};
  command.sample_rate = s.metadata.sample_rate;
  command.playout = config_.playout == Playout::adaptive ? media::playout_mode::adaptive
                                                         : media::playout_mode::steady;
  static_cast<void>(engine_->command(s.call, std::move(command)));
}

void control::sound_news(const state_ptr& s) {
  give_heard(s);
  if (!s->sent) return;
  tell_finished(s);
  pull_chunks(s);
  if (s->sent && !s->chunks && s->sent->take_room()) give(on.audio_ready, s);
}

void control::give_heard(const state_ptr& s) {
  const auto heard = s->heard;
  if (!heard) return;
  bool fine = true;  // after an exception nothing more is given
  heard->read([&](std::span<const std::int16_t> samples, std::uint64_t timestamp) {
    if (!fine || s->heard != heard) return;
    fine = give(on.audio, s, AudioFrame{samples, heard->sample_rate(), 1, timestamp});
  });
  if (!fine) s->heard.reset();
}

void control::tell_finished(const state_ptr& s) {
  const auto sound = s->sent;
  if (!sound) return;
  while (const auto f = sound->take_finished()) {
    if (!f->completed) drop_chunks(*s, Outcome::cancelled);
    give(on.audio_finished, s, Played{time_of(f->played, sound->sample_rate()), f->completed});
  }
}

/// Takes as many samples as fit.
std::size_t control::send(session_state& s, std::span<const std::int16_t> samples,
                          std::uint32_t rate) {
  const std::uint32_t ours = s.sent->sample_rate();
  if (rate == 0 || rate == ours) return s.sent->write(samples);
  if (rate < min_rate || rate > max_rate) return 0;
  if (!s.resampler || s.resampler->from() != rate)
    s.resampler = std::make_unique<audio::stream_resampler>(rate, ours);
  std::size_t taken = 0;
  std::vector<std::int16_t> made(s.resampler->length_of(piece) + 1);
  while (taken < samples.size()) {
    const auto in = samples.subspan(taken, std::min(piece, samples.size() - taken));
    if (s.sent->room() < s.resampler->length_of(in.size()) + 1) break;
    const std::size_t count = s.resampler->process(in, made);
    static_cast<void>(s.sent->write(std::span(made).first(count)));
    taken += in.size();
  }
  return taken;
}

Sent control::send_all(session_state& s, std::span<const std::int16_t> samples,
                       std::uint32_t rate) {
  if (rate != 0 && (rate < min_rate || rate > max_rate)) return {Outcome::invalid, 0};
  if (s.chunks && s.chunks->completion) return {Outcome::full, 0};  // it would lie in the midst
  if (!open_sound(s)) return {Outcome::wrong_state, 0};
  const std::size_t taken = send(s, samples, rate);
  if (taken == samples.size()) return {Outcome::done, taken};
  s.sent->want_room();
  return {Outcome::full, taken};
}

Outcome control::stream(session_state& s, AudioChunks chunks, std::uint32_t rate) {
  if (!chunks || (rate != 0 && (rate < min_rate || rate > max_rate))) return Outcome::invalid;
  if (!open_sound(s)) return Outcome::wrong_state;
  drop_chunks(s, Outcome::cancelled);
  s.chunks = chunk_stream{std::move(chunks), rate};
  pull_later(s.call);
  return Outcome::done;
}

Outcome control::send_whole(session_state& s, std::vector<std::int16_t> samples, std::uint32_t rate,
                            std::function<void(Session&, const Sent&)> completion) {
  if (!completion || (rate != 0 && (rate < min_rate || rate > max_rate))) return Outcome::invalid;
  if (s.chunks) return Outcome::full;
  if (!open_sound(s)) return Outcome::wrong_state;
  s.chunks = chunk_stream{{}, rate, std::move(samples), 0, std::move(completion)};
  pull_later(s.call);
  return Outcome::done;
}

/// Producers and completions are callbacks: they are not called inside a command.
void control::pull_later(call::call_id id) {
  shell_->post([weak = weak_from_this(), id] {
    const auto self = weak.lock();
    const state_ptr state = self ? self->find(id) : nullptr;
    if (state) self->pull_chunks(state);
  });
}

/// It is over, whole or not; a completion is told, later.
void control::drop_chunks(session_state& s, Outcome why) {
  auto over = std::exchange(s.chunks, std::nullopt);
  if (!over || !over->completion || shell_ == nullptr) return;
  s.completed.emplace_back(std::move(over->completion), Sent{why, over->used});
  shell_->post([weak = weak_from_this(), state = s.shared_from_this()] {
    if (const auto self = weak.lock()) self->tell_completed(state);
  });
}

void control::tell_completed(const state_ptr& s) {
  for (const auto& [to, sent] : std::exchange(s->completed, {})) give(to, s, sent);
}

/// Asks the producer until the queue is full or the response is whole.
void control::pull_chunks(const state_ptr& s) {
  while (s->chunks && s->sent) {
    chunk_stream& c = *s->chunks;
    const auto left = std::span<const std::int16_t>(c.rest).subspan(c.used);
    c.used += send(*s, left, c.sample_rate);
    if (c.used < c.rest.size()) return s->sent->want_room();
    if (!c.next) return drop_chunks(*s, Outcome::done);
    const auto next = c.next;  // it may replace itself
    std::vector<std::int16_t> more;
    const std::function<void(Session&)> ask = [&](Session&) { more = next(); };
    const bool fine = give(ask, s);
    if (!fine) return s->chunks.reset();
    if (!s->chunks || !s->sent) return;
    if (more.empty()) {
      s->chunks.reset();
      s->sent->end();
      return tell_finished(s);
    }
    s->chunks->rest = std::move(more);
    s->chunks->used = 0;
  }
}

Outcome control::end_of_response(session_state& s) {
  if (!s.sent) return Outcome::wrong_state;
  s.sent->end();
  shell_->post([weak = weak_from_this(), id = s.call] {  // it may be out already
    const auto self = weak.lock();
    const state_ptr state = self ? self->find(id) : nullptr;
    if (state) self->tell_finished(state);
  });
  return Outcome::done;
}

Played control::cancel_audio(session_state& s) {
  drop_chunks(s, Outcome::cancelled);
  if (!s.sent) return {std::chrono::milliseconds(0), false};
  const std::uint32_t rate = s.sent->sample_rate();
  return {time_of(s.sent->cancel(), rate), false};
}

}  // namespace sipvoice::api
