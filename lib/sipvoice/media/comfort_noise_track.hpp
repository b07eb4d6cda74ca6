// Which pauses of a sender sound, and how (RFC 3389): the levels it has told, each from its moment
// on until the next sound. The spectrum that a packet may describe is not followed: the noise is
// white, which section 3.2 allows.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <span>

namespace sipvoice::media {

class comfort_noise_track {
 public:
  /// `slack`: samples by which a sender may date its silence before the end of its last sound.
  explicit comfort_noise_track(std::int64_t slack) : slack_(slack) {}

  /// Positions are in samples of the timeline, rising. Of more than `max_waiting` the last counts.
  void tell(std::int64_t position, std::uint8_t level) {
    if (waiting_ == max_waiting) --waiting_;
    coming_[waiting_++] = {position, amplitude_of(level)};
  }
  /// Sound was heard up to here: what was told for before it is over.
  void sound_until(std::int64_t position) {
    while (waiting_ > 0 && coming_[0].position + slack_ < position) shift();
    if (now_ && now_->position < position) now_.reset();
  }
  /// From where on there is noise in a gap that begins at `position`; nothing: nowhere yet.
  [[nodiscard]] std::optional<std::int64_t> begins(std::int64_t position) {
    while (waiting_ > 0 && coming_[0].position <= position) {
      now_ = coming_[0];
      shift();
    }
    if (now_) return position;
    if (waiting_ > 0) return coming_[0].position;
    return std::nullopt;
  }
  /// After begins() has said so.
  void fill(std::span<std::int16_t> out) {
    const double range = now_ ? now_->amplitude : 0;
    for (std::int16_t& s : out) {
      state_ = state_ * 1664525 + 1013904223;
      const double unit = static_cast<double>(static_cast<std::int32_t>(state_)) / 2147483648.0;
      s = static_cast<std::int16_t>(std::lround(unit * range));
    }
  }

 private:
  static constexpr std::size_t max_waiting = 8;
  struct mark {
    std::int64_t position = 0;
    double amplitude = 0;
  };
  /// Of evenly spread values with that power: 0 dB is that of a square wave of full range.
  static double amplitude_of(std::uint8_t level) {
    const double full = 32767 * std::pow(10.0, -(level & 0x7f) / 20.0) * std::sqrt(3.0);
    return full < 32767 ? full : 32767;
  }
  void shift() {
    for (std::size_t i = 1; i < waiting_; ++i) coming_[i - 1] = coming_[i];
    --waiting_;
  }

  std::int64_t slack_;
  std::array<mark, max_waiting> coming_{};
  std::size_t waiting_ = 0;
  std::optional<mark> now_;
  std::uint32_t state_ = 1;
};

}  // namespace sipvoice::media
