// RTCP of a media session: where its reports go, and what the statistics take from them.
#pragma once

#include <optional>

#include "sipvoice/media/latch.hpp"
#include "sipvoice/media/media_session.hpp"
#include "sipvoice/media/talker.hpp"
#include "sipvoice/rtp/rtcp_session.hpp"

namespace sipvoice::media {

class reports {
 public:
  reports(const media_open& open, time_point now)
      : session_(open.local_ssrc, open.rtcp_seed, now) {}

  /// RTCP is believed from where ours goes to and from the address of the description, which a peer
  /// may keep though its RTP comes from another port: any other may be somebody else's.
  [[nodiscard]] static bool is_of_peer(const socket_address& from, const media_parameters& p,
                                       const latch& source) {
    return destination(p, source) == from || (!p.rtcp_mux && p.remote_rtcp == from);
  }
  /// A datagram of the peer's. False: malformed.
  bool receive(byte_view datagram, time_point arrived, std::optional<ssrc> heard) {
    return session_.receive(datagram, arrived, heard);
  }
  /// Of which something was not believed: other SSRCs than the one that is heard.
  [[nodiscard]] std::uint64_t doubted() const { return session_.doubted(); }
  [[nodiscard]] bool peer_left() const { return session_.peer_left(); }
  [[nodiscard]] time_point next_deadline() const { return session_.next_deadline(); }
  /// `next_tick`: the moment that talker::time() stands for.
  void handle_timeout(const media_parameters& p, const latch& source, const talker& mouth,
                      const rtp::receiver_statistics& heard, time_point next_tick, time_point now);
  void close(const media_parameters& p, const latch& source, const talker& mouth,
             const rtp::receiver_statistics& heard, time_point next_tick, time_point now);
  /// The report that waits; valid until the next call.
  [[nodiscard]] std::optional<media_session::outgoing> pop();

  /// round_trip_ms, and mos where it can be said: packets came, and the round trip is known.
  /// `playout`: how long packets wait to be heard.
  void fill(media_statistics& figures, audio::codec_id codec, std::uint32_t ptime_ms,
            duration playout) const;

 private:
  /// Where reports go; nothing while that is not known.
  [[nodiscard]] static std::optional<socket_address> destination(const media_parameters& p,
                                                                 const latch& source);
  void put(byte_view report, const media_parameters& p, const latch& source);

  rtp::rtcp_session session_;
  std::optional<media_session::outgoing> waiting_;
};

}  // namespace sipvoice::media
