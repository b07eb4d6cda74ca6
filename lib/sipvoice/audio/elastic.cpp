#include "sipvoice/audio/elastic.hpp"

#include <algorithm>
#include <utility>

namespace sipvoice::audio {

void elastic_end::steer(std::size_t level, std::size_t count) {
  const double rate = rate_;
  const double excess = (static_cast<double>(level) - static_cast<double>(target_)) / rate;
  resampler_.set_ppm(control_.update(excess, static_cast<double>(count) / rate));
  drift_ppm_.store(control_.learnt_ppm(), relaxed);
}

void elastic_end::count_underrun() {
  underruns_.fetch_add(1, relaxed);
  target_ = std::min(target_ + in_samples(elastic_limits::step_ms),
                     in_samples(elastic_limits::most_target_ms));
}

void elastic_reader::leave_out(std::size_t count) {
  const std::size_t of_piece = std::min(count, piece_.size());
  piece_ = piece_.subspan(of_piece);
  count -= of_piece;
  while (count > 0) {
    const std::size_t n = ring_.read(std::span(buffer_).first(std::min(count, buffer_.size())));
    if (n == 0) return;
    count -= n;
  }
}

void elastic_reader::read(std::span<std::int16_t> out) {
  const std::size_t there = level();
  if (!running_ && there < target_) {
    std::fill(out.begin(), out.end(), std::int16_t{0});
    return;
  }
  const bool too_much = there > most();
  if (too_much && running_) count_overrun();
  if (too_much || !running_) {
    leave_out(there - target_);
    control_.settle();
  }
  running_ = true;
  steer(level(), out.size());
  std::size_t written = 0;
  while (written < out.size()) {
    if (piece_.empty()) piece_ = std::span(buffer_).first(ring_.read(buffer_));
    if (piece_.empty()) break;
    written += resampler_.fill(piece_, out.subspan(written));
  }
  if (written == out.size()) return;
  std::fill(out.begin() + static_cast<std::ptrdiff_t>(written), out.end(), std::int16_t{0});
  count_underrun();
  running_ = false;
}

void elastic_writer::put_silence(std::size_t count) {
  constexpr std::array<std::int16_t, chunk> silence{};
  while (count > 0) {
    const std::size_t n = ring_.write(std::span(silence).first(std::min(count, silence.size())));
    if (n == 0) return;
    count -= n;
  }
}

void elastic_writer::write(std::span<const std::int16_t> in) {
  if (ring_.size() == 0) {
    if (running_) count_underrun();
    put_silence(target_);
    control_.settle();
    running_ = true;
  }
  // What lies in the ring cannot be taken back: nothing more until the card has caught up.
  if (!holding_back_ && ring_.size() > most()) {
    count_overrun();
    holding_back_ = true;
  }
  if (holding_back_ && ring_.size() > target_) return;
  if (std::exchange(holding_back_, false)) control_.settle();
  steer(ring_.size(), in.size());
  std::array<std::int16_t, chunk> buffer;
  while (!in.empty()) {
    const std::size_t n = resampler_.fill(in, buffer);
    ring_.write(std::span<const std::int16_t>(buffer).first(n));
  }
}

}  // namespace sipvoice::audio
