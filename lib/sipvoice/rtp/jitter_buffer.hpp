// Turns packets that come early, late, twice or not at all into samples on an even timeline.
//
// The timeline is in samples; RTP timestamps are laid on it. The first packet is played `target`
// after the read position of its arrival, and everything keeps its place from there: a clean stream
// comes out bit-exact. Where arrivals need more delay (delay_estimator), what follows is laid later
// and leaves a hole; where they need less, surplus() says how many samples the reader may leave out
// (consume more than it plays). A pause of the sender is lengthened or shortened at will. The delay
// is never below `target` and never beyond playout_delays::most. What is missing is zero here and
// told as gaps; who reads conceals it.
//
// That is the adaptive mode. In the steady one, for applications that want a steady clock, jitter
// never moves anything: every packet keeps its place beside the others, and only what two clocks
// have drifted apart is made up for, in few steps (steady_short, steady_long).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sipvoice/base/time.hpp"
#include "sipvoice/rtp/delay_estimator.hpp"
#include "sipvoice/rtp/packet.hpp"

namespace sipvoice::rtp {

/// Samples of a piece that no packet brought (in time).
struct gap {
  std::size_t offset = 0, length = 0;
};

/// Who listens now wants the least delay that the arrivals allow; who keeps the sound (or compares
/// it) wants it unmoved.
enum class playout_mode : std::uint8_t { adaptive, steady };

/// How long what came waits. `first` <= `most` <= `buffered`.
struct playout_delays {
  duration first = std::chrono::milliseconds(60);      ///< of a new stream, and never shorter
  duration most = std::chrono::milliseconds(200);      ///< of the adaptive delay
  duration buffered = std::chrono::milliseconds(300);  ///< of anything: what comes earlier is laid
                                                       ///< anew
  friend bool operator==(const playout_delays&, const playout_delays&) = default;
};

class jitter_buffer {
 public:
  static constexpr std::size_t max_packets = 64;
  static constexpr duration default_target = playout_delays{}.first;
  static constexpr duration max_target = playout_delays{}.most;
  static constexpr duration max_delay = playout_delays{}.buffered;
  /// Steady: the delay is brought back to `target` when it is so much shorter or longer.
  static constexpr duration steady_short = std::chrono::milliseconds(20),
                            steady_long = std::chrono::milliseconds(150);
  static constexpr std::size_t max_gaps = 8;  ///< told for one piece; more are told as one

  /// Allocates all it will ever need. `sample_rate` a multiple of `clock_rate`, or the reverse.
  jitter_buffer(std::uint32_t sample_rate, std::uint32_t clock_rate,
                duration target = default_target, playout_mode mode = playout_mode::adaptive)
      : jitter_buffer(sample_rate, clock_rate,
                      playout_delays{.first = std::min(target, max_target)}, mode) {}
  jitter_buffer(std::uint32_t sample_rate, std::uint32_t clock_rate, const playout_delays& delays,
                playout_mode mode);

  /// A decoded packet that is not a copy. Order does not matter. Without `arrived` the delay stays
  /// as it is.
  void put(rtp_timestamp timestamp, sequence_number sequence, std::span<const std::int16_t> samples,
           std::optional<time_point> arrived = std::nullopt);
  /// Sound that was made up for a packet that is lost. False: its time has passed, which makes
  /// nothing late: the packet is lost already.
  bool put_made_up(rtp_timestamp timestamp, sequence_number sequence,
                   std::span<const std::int16_t> samples);
  /// What a filter held back of a packet. Where there is no room for it any more, nothing is late.
  void put_extra(rtp_timestamp timestamp, sequence_number sequence,
                 std::span<const std::int16_t> samples);
  /// A packet without sound (telephone-event, comfort noise) took this number: it is not lost.
  void note_other(sequence_number sequence);
  /// A new source: what is there plays on, what comes next follows on it.
  void restart();

  /// The next out.size() samples, and where none are; they stay. out.size() is at most
  /// max_delay's worth.
  struct piece {
    std::array<gap, max_gaps> gaps{};
    std::size_t gap_count = 0;
    [[nodiscard]] std::span<const rtp::gap> missing() const {
      return std::span(gaps).first(gap_count);
    }
  };
  piece peek(std::span<std::int16_t> out) const;
  /// They have been played, or left out: `left_out` of them.
  void consume(std::size_t count, std::size_t left_out = 0);
  /// peek() and consume().
  piece pull(std::span<std::int16_t> out);
  /// Samples that may be left out because the delay is longer than it has to be.
  [[nodiscard]] std::size_t surplus() const;

  /// Samples until this moment of the sender's is read; negative: it has been. Nothing: no packet
  /// has said yet where it lies.
  [[nodiscard]] std::optional<std::int64_t> samples_until(rtp_timestamp timestamp) const;
  /// Samples from the read position to the end of the last packet.
  [[nodiscard]] std::size_t pending() const;
  /// The delay at which a packet that is not late would be played now.
  [[nodiscard]] duration delay() const;
  /// Packets that came when their time had passed, or that did not fit.
  [[nodiscard]] std::uint64_t late() const { return late_; }
  /// Time that was silent because packets were lost or late. Pauses of the sender are not in it.
  [[nodiscard]] std::uint64_t concealed_ms() const { return concealed_ * 1000 / sample_rate_; }

 private:
  struct entry {
    std::int64_t start = 0;
    std::int64_t length = 0;
    sequence_number sequence;
    bool first = false;  ///< of its source: nothing is missing before it
    bool extra = false;  ///< put_extra(): its length is no packet's
  };
  /// From where on RTP time is laid where.
  struct anchor {
    rtp_timestamp timestamp;
    std::int64_t position = 0;
  };
  [[nodiscard]] bool lay(rtp_timestamp timestamp, sequence_number sequence,
                         std::span<const std::int16_t> samples, std::optional<time_point> arrived,
                         bool extra);
  [[nodiscard]] std::int64_t position_of(rtp_timestamp timestamp) const;
  [[nodiscard]] std::optional<std::int64_t> place(rtp_timestamp timestamp, sequence_number sequence,
                                                  std::int64_t length);
  [[nodiscard]] std::int64_t room_before_newer(sequence_number sequence, std::int64_t start,
                                               std::int64_t length) const;
  [[nodiscard]] std::int64_t lay_anew();
  void adapt(rtp_timestamp timestamp, sequence_number sequence, std::int64_t length,
             time_point arrived);
  void shift(rtp_timestamp from, std::int64_t by);
  void insert(const entry& e);
  void begin(const entry& e);
  [[nodiscard]] std::int64_t missing_before(sequence_number sequence) const;
  [[nodiscard]] std::int64_t in_samples(duration d) const;
  [[nodiscard]] std::int64_t wanted() const;
  [[nodiscard]] std::int64_t correction() const;

  std::uint32_t sample_rate_, clock_rate_;
  playout_mode mode_;
  std::int64_t target_, most_, limit_;
  std::vector<std::int16_t> ring_;  ///< a power of two; zero where nothing was put
  std::int64_t read_ = 0, end_ = 0;

  std::array<entry, max_packets> waiting_;  ///< by start
  std::size_t count_ = 0;
  std::int64_t covered_to_ = 0;  ///< end of the packets that have begun

  bool anchored_ = false;
  anchor anchor_, anchor_before_;  ///< the second one is for what is older than the first
  rtp_timestamp newest_timestamp_;
  sequence_number newest_sequence_;
  std::int64_t newest_length_ = 0;

  delay_estimator estimator_;
  double depth_ = 0;  ///< samples: the delay, smoothed over the ticks of the reader
  bool have_depth_ = false;

  bool playing_ = false;  ///< played_* are of this source
  sequence_number played_sequence_;
  std::int64_t played_to_ = 0, played_length_ = 0;

  std::array<std::optional<sequence_number>, 64> other_{};
  std::size_t other_next_ = 0;

  std::uint32_t late_in_a_row_ = 0, pulls_while_late_ = 0;
  std::uint64_t late_ = 0, concealed_ = 0;
};

}  // namespace sipvoice::rtp
