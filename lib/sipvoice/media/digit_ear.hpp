// Digits of telephone-events, each once: also where they come under an SSRC of their own beside the
// sound's, under a new SSRC for each digit, or as a flood.
//
// The memory of what has been told is kept for the two sources that sent events last, so that late
// and repeated packets of the one before make no digit of their own.
#pragma once

#include <array>
#include <cstdint>

#include "sipvoice/base/bytes.hpp"
#include "sipvoice/base/time.hpp"
#include "sipvoice/media/event_queue.hpp"
#include "sipvoice/rtp/telephone_event.hpp"

namespace sipvoice::media {

class digit_ear {
 public:
  /// What is told in the long run. A person presses five in a second, a machine with the shortest
  /// digits that Q.24 knows (40 ms, and as long a pause) makes 12.5.
  static constexpr int max_digits_per_second = 25;
  /// After a pause: those that a link has held back.
  static constexpr int max_digits_at_once = 50;

  explicit digit_ear(std::uint32_t clock_rate)
      : sources_{heard_source(clock_rate), heard_source(clock_rate)} {}

  /// False: the payload is no telephone-event.
  bool receive(ssrc source, rtp_timestamp timestamp, byte_view payload, time_point arrived,
               event_queue& events);
  /// This source has jumped to other numbers: see event_receiver.
  void jumped(ssrc source);
  /// No more of this source: what is under way is told as incomplete.
  void finish(ssrc source, time_point now, event_queue& events);
  void finish(time_point now, event_queue& events);
  /// After finish(): nothing of before is known.
  void use_clock(std::uint32_t clock_rate) {
    sources_ = {heard_source(clock_rate), heard_source(clock_rate)};
  }
  void handle_timeout(time_point now, event_queue& events);
  [[nodiscard]] time_point next_deadline() const;
  /// Digits beyond the bounds, which were not told.
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

 private:
  struct heard_source {
    explicit heard_source(std::uint32_t clock_rate) : digits(clock_rate) {}
    rtp::event_receiver digits;
    ssrc source{};
    bool used = false;
  };
  [[nodiscard]] heard_source& place_of(ssrc source, time_point now, event_queue& events);
  void tell(heard_source& from, time_point now, event_queue& events);
  [[nodiscard]] bool admit(time_point now);

  std::array<heard_source, 2> sources_;  ///< that which came last is the second
  time_point full_until_{};              ///< the moment by which all digits told so far have paid
  std::uint64_t dropped_ = 0;
};

}  // namespace sipvoice::media
