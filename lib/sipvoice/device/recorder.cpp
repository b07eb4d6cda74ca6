#include "sipvoice/device/recorder.hpp"

#include <algorithm>
#include <ctime>
#include <utility>

#include "sipvoice/device/helper_thread.hpp"

namespace sipvoice::device {
namespace {

time_point monotonic_now() {
  timespec ts{};
  ::clock_gettime(CLOCK_MONOTONIC, &ts);
  return time_point(std::chrono::seconds(ts.tv_sec) + std::chrono::nanoseconds(ts.tv_nsec));
}

constexpr std::size_t buffer_samples = 1 << 15;

}  // namespace

recorder::recorder(std::function<void(std::function<void()>)> post)
    : post_(std::move(post)), buffer_(buffer_samples), thread_([this] { run(); }) {}

recorder::~recorder() { finish(); }

std::shared_ptr<media::recording_sink> recorder::add(wav_writer writer, std::string file,
                                                     std::string picture_file,
                                                     result_function done) {
  auto channel =
      std::make_shared<recording_channel>(writer.sample_rate(), writer.channels() == 2, wake_);
  auto sink = std::make_shared<channel_sink>(channel);
  {
    const std::lock_guard lock(mutex_);
    arrived_.push_back({std::move(writer), std::move(file), picture(std::move(picture_file)),
                        std::move(channel), std::move(done)});
  }
  wake_->post();
  return sink;
}

void recorder::finish() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_->post();
  thread_.join();
}

void recorder::run() {
  block_signals();
  time_point next = monotonic_now() + period;
  for (;;) {
    if (active_.empty())
      wake_->wait();
    else
      wake_->wait_until(next);
    const time_point now = monotonic_now();
    const bool due = now >= next;
    if (due) next = now + period;
    bool stop = false;
    {
      const std::lock_guard lock(mutex_);
      active_.splice(active_.end(), arrived_);
      stop = stopping_;
    }
    // Woken in between, only those that have ended are looked after.
    for (auto it = active_.begin(); it != active_.end();) {
      const bool over = stop || it->channel->closed();
      if (over || due) serve(*it);
      if (over) complete(*it);
      it = over ? active_.erase(it) : std::next(it);
    }
    if (stop) return;
  }
}

/// What was written is drawn.
void recorder::append(recording& r, std::span<const std::int16_t> samples) {
  if (r.writer.append(samples)) r.drawing.add(samples, r.writer.channels());
}

void recorder::serve(recording& r) {
  // After an error the ring is emptied all the same, so that it does not count as overrun.
  for (std::size_t n = r.channel->read(buffer_); n > 0; n = r.channel->read(buffer_)) {
    append(r, std::span(buffer_).first(n));
    if (n < buffer_.size()) return;
  }
}

void recorder::complete(recording& r) {
  std::fill(buffer_.begin(), buffer_.end(), std::int16_t{0});
  std::uint64_t owed = r.channel->owed() * r.writer.channels();
  while (owed > 0) {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(owed, buffer_.size()));
    append(r, std::span(buffer_).first(n));
    if (!r.writer.error().empty()) break;
    owed -= n;
  }
  r.writer.close();
  session::recording_result result;
  result.file = std::move(r.file);
  result.duration_ms = r.writer.frames() * 1000 / r.writer.sample_rate();
  result.overruns = r.channel->overruns();
  result.error = r.writer.error();
  if (r.drawing.wanted())
    result.picture = r.drawing.draw(r.writer.sample_rate(), r.writer.channels(), result.file,
                                    result.picture_error);
  post_([done = std::move(r.done), result = std::move(result)] {
    if (done) done(result);
  });
}

}  // namespace sipvoice::device
