// Our side of a stream: one SSRC, sequence numbers without a hole, RTP time that goes with the
// ticks, sent or not (RFC 3550 section 5.1).
#pragma once

#include <cstdint>

#include "sipvoice/rtp/packet.hpp"

namespace sipvoice::rtp {

enum class marking : std::uint8_t {
  after_gap,  ///< set on the first packet and on the first after ticks without one (RFC 3551 4.1)
  set,
  clear,
};

class sender {
 public:
  sender(ssrc source, sequence_number first, rtp_timestamp start)
      : source_(source), next_(first), time_(start) {}

  /// The header of a packet that goes out now: takes one sequence number.
  [[nodiscard]] packet_header next(payload_type type, marking mark = marking::after_gap) {
    return next_at(type, time_, mark);
  }
  /// The same with a timestamp of its own (events, echo).
  [[nodiscard]] packet_header next_at(payload_type type, rtp_timestamp timestamp, marking mark) {
    const bool marker = mark == marking::set || (mark == marking::after_gap && gap_);
    const packet_header header{marker, type, next_, timestamp, source_};
    ++next_;
    gap_ = false;
    sent_ = true;
    return header;
  }
  /// One tick, or several, have passed.
  void advance(std::uint32_t ticks) {
    time_ += ticks;
    if (!sent_) gap_ = true;
    sent_ = false;
  }
  /// RTP time never goes back behind what was sent: used when an echo's time has run ahead.
  void not_before(rtp_timestamp timestamp) {
    if (time_.before(timestamp)) time_ = timestamp;
  }
  [[nodiscard]] rtp_timestamp time() const { return time_; }

 private:
  ssrc source_;
  sequence_number next_;
  rtp_timestamp time_;
  bool gap_ = true;    ///< nothing was sent in the ticks before this one
  bool sent_ = false;  ///< in this tick
};

}  // namespace sipvoice::rtp
