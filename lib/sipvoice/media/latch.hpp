// Whom we listen to, and where our packets go: symmetric RTP behind address translators (RFC 7362).
//
// The address of the SDP is believed at once. Where the mode allows another one, it has to send
// four packets in sequence first; they are held, and heard once it is accepted. The first source
// that is accepted stays the only one until a new remote SDP.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sipvoice/base/time.hpp"
#include "sipvoice/media/values.hpp"
#include "sipvoice/rtp/packet.hpp"

namespace sipvoice::media {

class latch {
 public:
  static constexpr std::size_t packets_to_decide = 4;
  static constexpr std::size_t max_candidates = 4;  ///< the one silent longest gives way

  enum class verdict : std::uint8_t {
    rejected,
    held,  ///< kept for now; not heard unless `decided` follows
    accepted,
    decided,  ///< accepted: held() stands before it, in order
  };
  struct held_packet {
    std::vector<std::uint8_t> datagram;
    time_point arrived{};
  };

  latch(latch_mode mode, const socket_address& remote);

  /// A packet with an agreed payload type.
  verdict offer(const socket_address& from, const rtp::packet_header& header, byte_view datagram,
                time_point arrived);
  /// After `decided`, until the next offer.
  [[nodiscard]] std::span<const held_packet> held() const;
  /// A new remote SDP.
  void restart(const socket_address& remote);

  /// Where to send; nothing while no usable address is known.
  [[nodiscard]] std::optional<socket_address> destination() const;
  /// The source that was accepted last, over all SDPs.
  [[nodiscard]] const std::optional<socket_address>& observed() const { return observed_; }

 private:
  struct candidate {
    socket_address address;
    ssrc source{};
    sequence_number next;
    std::size_t count = 0;  ///< packets in sequence so far; 0: the place is free
    std::uint64_t used = 0;
    std::array<held_packet, packets_to_decide - 1> packets;
  };
  [[nodiscard]] bool may_become_source(const socket_address& from) const;
  [[nodiscard]] candidate& candidate_for(const socket_address& from);

  latch_mode mode_;
  socket_address remote_;
  std::optional<socket_address> source_;  ///< fixed
  std::optional<socket_address> observed_;
  std::vector<candidate> candidates_;  ///< allocated when a stranger sends
  std::size_t decided_ = 0;
  std::uint64_t offers_ = 0;
};

}  // namespace sipvoice::media
