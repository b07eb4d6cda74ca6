// What a receiver counts about one stream: RFC 3550 A.1 (sequence), A.3 (loss), A.8 (jitter).
//
// One deviation from A.1: there is no probation, the first valid packet counts. A gateway's stream
// is known by its address and payload type before it comes here, and short calls must add up.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>

#include "sipvoice/base/time.hpp"
#include "sipvoice/rtp/packet.hpp"

namespace sipvoice::rtp {

enum class arrival : std::uint8_t {
  in_order,    ///< the newest so far; packets may be missing before it
  reordered,   ///< fills a place before the newest
  duplicate,   ///< this sequence number was here before
  stray,       ///< far from all others; not counted unless the next packet follows on it
  resumed,     ///< follows on a stray: the stream jumped, both are counted
  new_source,  ///< another SSRC: everything starts anew
};

class receiver_statistics {
 public:
  static constexpr std::uint16_t max_dropout = 3000;  ///< A.1: a step ahead that is only loss
  static constexpr std::uint16_t max_misorder = 100;  ///< A.1: a step back that is only order
  static constexpr std::size_t window = 128;          ///< packets in which copies are known
  /// Between two packets; beyond it the sender's timeline has jumped, which is no jitter: transit
  /// times are compared anew from there.
  static constexpr double max_transit_step_s = 1;

  arrival on_packet(const packet_header& header);
  /// Audio packets only, each once, with the kernel's time: events repeat one timestamp.
  void on_jitter(rtp_timestamp timestamp, time_point arrived, std::uint32_t clock_rate);

  [[nodiscard]] std::uint64_t received() const {
    return received_;
  }  ///< sequence numbers, once each
  [[nodiscard]] std::uint64_t lost() const { return lost_before_ + lost_now(); }
  [[nodiscard]] std::uint64_t duplicate() const { return duplicate_; }
  [[nodiscard]] std::uint64_t reordered() const { return reordered_; }
  [[nodiscard]] std::uint64_t source_changes() const { return source_changes_; }
  [[nodiscard]] double jitter_ticks() const { return jitter_; }
  [[nodiscard]] std::optional<ssrc> source() const { return source_; }
  /// What a report says of this source alone (A.3), since it began or began anew. Copies count as
  /// received there, so more may have been received than was expected.
  struct of_source {
    std::int64_t expected = 0, received = 0;
  };
  [[nodiscard]] of_source since_restart() const {
    if (received_run_ == 0) return {};
    return {highest_ - base_ + 1, static_cast<std::int64_t>(received_run_ + duplicate_run_)};
  }
  /// The highest sequence number with its wraps (extended, A.1).
  [[nodiscard]] std::int64_t extended_highest() const { return highest_; }

 private:
  void restart(sequence_number first);
  [[nodiscard]] std::uint64_t lost_now() const;
  arrival step_back(std::uint16_t distance);
  arrival jump(sequence_number sequence);

  std::optional<ssrc> source_;
  std::int64_t base_ = 0, highest_ = 0;  ///< extended sequence numbers of this run
  std::uint64_t received_run_ = 0;       ///< of the run since the last restart
  std::uint64_t duplicate_run_ = 0;
  std::bitset<window> seen_;  ///< bit n: highest_ - n has come
  std::optional<sequence_number> after_stray_;
  std::uint64_t received_ = 0, lost_before_ = 0, duplicate_ = 0, reordered_ = 0;
  std::uint64_t source_changes_ = 0;

  double jitter_ = 0;
  bool have_transit_ = false;
  rtp_timestamp last_timestamp_;
  time_point last_arrived_{};
};

}  // namespace sipvoice::rtp
