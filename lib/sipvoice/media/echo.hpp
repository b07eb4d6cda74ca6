// Sends back what comes: the order by sequence number, and the time of the other side laid on ours.
#pragma once

#include <cstdint>
#include <optional>

#include "sipvoice/rtp/reorder_queue.hpp"

namespace sipvoice::media {

class echo {
 public:
  struct stamp {
    rtp_timestamp timestamp;
    bool marker = false;
  };

  [[nodiscard]] rtp::reorder_queue& queue() { return queue_; }
  [[nodiscard]] const rtp::reorder_queue& queue() const { return queue_; }

  /// The next echoed packet's place in our stream. `ticks`: how long its payload is; `ours`: our
  /// RTP time, where a new mapping begins. Gaps of the other side stay gaps; its jumps back do not
  /// take us back.
  [[nodiscard]] stamp map(const rtp::packet_header& header, std::uint32_t ticks,
                          rtp_timestamp ours);
  /// Another source, or something else was sent up to `ours`: the mapping is laid anew.
  void lay_anew() { laid_ = false; }
  /// The first moment behind all that was echoed; nothing before the first packet.
  [[nodiscard]] std::optional<rtp_timestamp> end() const { return end_; }

 private:
  rtp::reorder_queue queue_;
  bool laid_ = false;
  std::uint32_t offset_ = 0;
  rtp_timestamp last_;
  std::optional<rtp_timestamp> end_;
};

}  // namespace sipvoice::media
