// RTCP of one stream between two parties: when reports go out, what they say, and what the other
// side's say of us (RFC 3550 section 6).
//
// Sans-I/O: compound datagrams and the time go in, our datagrams come out. There is no calendar
// here, so the NTP field carries the time since the session began (6.4.1 allows that); the round
// trip needs no more.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sipvoice/base/random.hpp"
#include "sipvoice/base/time.hpp"
#include "sipvoice/rtp/receiver_statistics.hpp"
#include "sipvoice/rtp/rtcp.hpp"
#include "sipvoice/rtp/rtcp_interval.hpp"

namespace sipvoice::rtp {

/// What has been sent so far, and which RTP time is now.
struct sent_so_far {
  std::uint64_t packets = 0, octets = 0;
  rtp_timestamp timestamp_now;
};

/// What the other side says of our stream, from its last report.
struct peer_report {
  double fraction_lost = 0;          ///< 0 to 1, since its report before
  std::int32_t cumulative_lost = 0;  ///< may be negative where copies came
  std::uint32_t jitter_ticks = 0;
};

class rtcp_session {
 public:
  /// `seed`: of the interval's random numbers and of the CNAME.
  rtcp_session(ssrc local, std::uint64_t seed, time_point now);

  /// A compound from the other side's RTCP address. False: malformed; nothing of it was used.
  /// `heard`: the SSRC of its RTP, where some has come: then only a report of that source, or one
  /// about ours, is believed, and the BYE of no other.
  bool receive(byte_view compound, time_point arrived, std::optional<ssrc> heard = std::nullopt);
  [[nodiscard]] time_point next_deadline() const { return next_; }
  /// At its deadline: the report that is due, or nothing (reconsideration, 6.3.6). The view is
  /// valid until the next call.
  [[nodiscard]] byte_view handle_timeout(const sent_so_far& sent, const receiver_statistics& heard,
                                         time_point now);
  /// The last packet, a report and BYE; nothing where nothing was ever sent (6.3.7).
  [[nodiscard]] byte_view goodbye(const sent_so_far& sent, const receiver_statistics& heard,
                                  time_point now);

  [[nodiscard]] std::optional<duration> round_trip() const { return round_trip_; }
  [[nodiscard]] const std::optional<peer_report>& of_us() const { return of_us_; }
  [[nodiscard]] bool peer_left() const { return peer_left_; }
  /// Compounds of which something was not believed.
  [[nodiscard]] std::uint64_t doubted() const { return doubted_; }
  [[nodiscard]] std::uint64_t reports_sent() const { return sent_; }
  [[nodiscard]] std::uint64_t reports_received() const { return received_; }

 private:
  [[nodiscard]] duration interval(bool we_send);
  [[nodiscard]] std::uint64_t ntp(time_point t) const;
  [[nodiscard]] std::optional<report_block> block_of(const receiver_statistics& heard,
                                                     time_point now);
  [[nodiscard]] bool is_about_us(const rtcp_report& report) const;
  void use(const rtcp_report& report, time_point arrived);
  void print(const sent_so_far& sent, const receiver_statistics& heard, time_point now, bool bye);
  void note_size(std::size_t bytes);

  ssrc local_;
  seeded_random random_;
  std::string cname_;
  time_point began_;
  time_point last_, next_;  ///< tp and tn of 6.3
  double average_bytes_;
  std::vector<std::uint8_t> buffer_;

  std::optional<ssrc> peer_;
  bool peer_sends_ = false, peer_left_ = false;
  std::uint32_t last_sr_ = 0;
  ssrc last_sr_of_{};
  time_point last_sr_at_{};

  std::uint64_t reported_packets_ = 0;  ///< ours, at our last report: have we sent since?
  std::int64_t expected_before_ = 0, lost_before_ = 0;
  std::optional<ssrc> block_source_;
  std::optional<duration> round_trip_;
  std::optional<peer_report> of_us_;
  std::uint64_t sent_ = 0, received_ = 0, doubted_ = 0;
};

}  // namespace sipvoice::rtp
