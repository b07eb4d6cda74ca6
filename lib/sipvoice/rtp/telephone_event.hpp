// Digits as telephone-events (RFC 4733), both ways. Events 0 to 15 only: 0-9 * # A-D.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sipvoice/base/bytes.hpp"
#include "sipvoice/base/result.hpp"
#include "sipvoice/base/time.hpp"
#include "sipvoice/base/wrapping.hpp"

namespace sipvoice::rtp {

inline constexpr std::size_t telephone_event_bytes = 4;

/// Section 2.3: the payload.
struct telephone_event {
  std::uint8_t event = 0;
  bool end = false;
  std::uint8_t volume = 10;    ///< 0 to 63: power level in -dBm0
  std::uint16_t duration = 0;  ///< RTP ticks since the timestamp

  [[nodiscard]] static result<telephone_event> parse(byte_view payload);
  void print(std::span<std::uint8_t, telephone_event_bytes> out) const;
  friend bool operator==(const telephone_event&, const telephone_event&) = default;
};

[[nodiscard]] std::optional<char> digit_of(std::uint8_t event);
[[nodiscard]] std::optional<std::uint8_t> event_of(char digit);  ///< a-d too

/// Makes one digit of the packets of one event, whichever of them are lost, late or repeated.
class event_receiver {
 public:
  /// No update for so long: the end is lost.
  static constexpr duration patience = std::chrono::milliseconds(150);

  struct digit {
    char value = '0';
    std::uint32_t duration_ms = 0;
    bool complete = true;  ///< an end packet came
  };

  explicit event_receiver(std::uint32_t clock_rate) : clock_rate_(clock_rate) {}

  /// False: the payload is no telephone-event. What is known stays polled in order.
  bool receive(rtp_timestamp timestamp, byte_view payload, time_point arrived);
  void handle_timeout(time_point now);
  [[nodiscard]] time_point next_deadline() const;
  /// A new source, or the end: what is under way is told as incomplete.
  void finish();
  /// A new source: its timestamps have nothing to do with those before.
  void restart();
  /// The same source has jumped to other numbers: a timestamp further back is no late packet.
  void jumped() { jumped_ = true; }
  [[nodiscard]] std::optional<digit> poll();
  [[nodiscard]] bool under_way() const { return current_.has_value(); }
  [[nodiscard]] bool ready() const { return ready_count_ > 0; }  ///< poll() gives one

 private:
  struct state {
    std::uint8_t event = 0;
    rtp_timestamp segment;       ///< timestamp of the running segment
    std::uint16_t duration = 0;  ///< of the running segment
    std::uint64_t before = 0;    ///< ticks of the segments before it
    time_point updated{};
  };
  void update(const telephone_event& e, time_point arrived);
  void tell(bool complete);
  [[nodiscard]] bool continues(const state& s, rtp_timestamp timestamp, std::uint8_t event) const;
  [[nodiscard]] bool belongs_to_finished(rtp_timestamp timestamp, const telephone_event& e);

  std::uint32_t clock_rate_;
  std::optional<state> current_;
  std::optional<state> finished_;
  bool finished_complete_ = false;
  bool jumped_ = false;           ///< until an event begins by the new numbers
  std::array<digit, 2> ready_{};  ///< receive() makes two at most: one cut off, one at its end
  std::size_t ready_count_ = 0;
};

/// Makes the packets of digits, one step a tick. Between digits, in pauses and in the gap after the
/// last end packet there is room for sound.
class event_sender {
 public:
  static constexpr int end_packets = 3;                 ///< section 2.5.1.4
  static constexpr std::uint32_t max_segment = 0xffff;  ///< section 2.5.1.3

  struct packet {
    telephone_event event;
    rtp_timestamp timestamp;
    bool marker = false;
  };
  struct step {
    std::array<packet, 2> packets{};
    std::size_t count = 0;       ///< 0: this tick is free for sound
    bool sounding = false;       ///< the digit itself, not a repeated end (for tones in the sound)
    bool sequence_done = false;  ///< a queue() entry is finished, its last gap too
    bool in_sound = false;       ///< as its queue() entry says
    bool last_end = false;       ///< the first end packet of the last digit of an entry
  };

  /// Characters that are no digit and no pause are left out. `in_sound`: the caller makes tones.
  void queue(std::string_view digits, duration each, duration gap, bool in_sound = false);
  /// The tick that begins at `timestamp`, `ticks` long at `clock_rate`.
  [[nodiscard]] step tick(rtp_timestamp timestamp, std::uint32_t ticks, std::uint32_t clock_rate);
  [[nodiscard]] bool idle() const { return queue_.empty(); }

 private:
  enum class phase : std::uint8_t { ready, digit, ending, pause };
  struct entry {
    std::string digits;
    std::size_t at = 0;
    duration each{}, gap{};
    bool in_sound = false;
  };
  void start_next(rtp_timestamp timestamp, std::uint32_t clock_rate);
  void catch_up(rtp_timestamp timestamp, std::uint32_t ticks);
  void digit_tick(step& out, std::uint32_t ticks);
  void finish_entry(step& out);

  std::deque<entry> queue_;
  phase phase_ = phase::ready;
  std::uint8_t event_ = 0;
  rtp_timestamp segment_;
  std::uint32_t elapsed_ = 0;   ///< ticks of the running segment
  std::int64_t remaining_ = 0;  ///< ticks of the digit or pause still to come
  std::int64_t gap_ = 0;        ///< ticks after the digit
  int ends_left_ = 0;
  bool first_ = false;
};

}  // namespace sipvoice::rtp
