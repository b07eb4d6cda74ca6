// RTP times of one stream, whose clock may change with its codec, on a clock that does not.
#pragma once

#include <cstdint>
#include <optional>

#include "sipvoice/base/wrapping.hpp"

namespace sipvoice::media {

class clock_bridge {
 public:
  /// True: the times before belong to another clock; what follows has no relation to them.
  bool set(std::uint32_t from, std::uint32_t to) {
    if (from == from_ && to == to_) return false;
    const bool anew = from_ != 0;
    from_ = from;
    to_ = to;
    anchor_.reset();
    return anew;
  }
  /// Without a rounding error however long the stream is; equal clocks change nothing.
  [[nodiscard]] rtp_timestamp map(rtp_timestamp t) {
    if (from_ == to_) return t;
    if (!anchor_) anchor_ = pair{t, t};
    const std::int64_t distance = t - anchor_->in;
    // The anchor follows in whole seconds: a distance above half of all numbers would be read as
    // one to the other side.
    const std::int64_t seconds = distance / from_;
    if (seconds > far || seconds < -far) {
      anchor_->in += static_cast<std::uint32_t>(seconds * from_);
      anchor_->out += static_cast<std::uint32_t>(seconds * to_);
    }
    const std::int64_t rest = t - anchor_->in;
    return anchor_->out + static_cast<std::uint32_t>(rest * to_ / from_);
  }

 private:
  static constexpr std::int64_t far = 3600;
  struct pair {
    rtp_timestamp in, out;
  };
  std::uint32_t from_ = 0, to_ = 0;
  std::optional<pair> anchor_;
};

}  // namespace sipvoice::media
