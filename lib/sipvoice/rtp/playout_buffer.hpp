// Turns packets that come early, late, twice or not at all into samples on an even timeline.
//
// The timeline is in samples; RTP timestamps are laid on it. The first packet is played `target`
// after the read position of its arrival, and everything keeps its place from there: a clean stream
// comes out bit-exact, missing time is silence. The delay is fixed; it is only laid anew when the
// sender's clock has run away (packets late for a while, or further ahead than max_delay).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sipvoice/base/time.hpp"
#include "sipvoice/rtp/packet.hpp"

namespace sipvoice::rtp {

class playout_buffer {
 public:
  static constexpr std::size_t max_packets = 64;
  static constexpr duration max_delay = std::chrono::milliseconds(200);
  static constexpr duration default_target = std::chrono::milliseconds(60);

  /// Allocates all it will ever need. `sample_rate` a multiple of `clock_rate`, or the reverse.
  playout_buffer(std::uint32_t sample_rate, std::uint32_t clock_rate,
                 duration target = default_target);

  /// A decoded packet that is not a copy. Order does not matter.
  void put(rtp_timestamp timestamp, sequence_number sequence,
           std::span<const std::int16_t> samples);
  /// A packet without sound (telephone-event, comfort noise) took this number: it is not lost.
  void note_other(sequence_number sequence);
  /// A new source: what is there plays on, what comes next follows on it.
  void restart();
  /// The next out.size() samples.
  void pull(std::span<std::int16_t> out);

  /// Samples from the read position to the end of the last packet.
  [[nodiscard]] std::size_t pending() const;
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
  };
  [[nodiscard]] std::optional<std::int64_t> place(rtp_timestamp timestamp, std::int64_t length);
  [[nodiscard]] std::int64_t placed_anew() const;
  void insert(const entry& e);
  void begin(const entry& e);
  [[nodiscard]] std::int64_t missing_before(sequence_number sequence) const;
  [[nodiscard]] std::int64_t in_samples(duration d) const;

  std::uint32_t sample_rate_, clock_rate_;
  std::int64_t target_, limit_;
  std::vector<std::int16_t> ring_;  ///< a power of two; zero where nothing was put
  std::int64_t read_ = 0, end_ = 0;

  std::array<entry, max_packets> waiting_;  ///< by start
  std::size_t count_ = 0;

  bool anchored_ = false;
  rtp_timestamp anchor_timestamp_;
  std::int64_t anchor_position_ = 0;

  bool playing_ = false;  ///< played_* are of this source
  sequence_number played_sequence_;
  std::int64_t played_to_ = 0, played_length_ = 0;

  std::array<std::optional<sequence_number>, 64> other_{};
  std::size_t other_next_ = 0;

  std::uint32_t late_in_a_row_ = 0, pulls_while_late_ = 0;
  std::uint64_t late_ = 0, concealed_ = 0;
};

}  // namespace sipvoice::rtp
