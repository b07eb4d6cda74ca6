// One m= line alive: RTP in and out, codec, digits, echo, prompts, recording, latching.
//
// A plain object without socket, thread or clock. It lives on one media worker (in simulation: in
// line) for its whole life. Sound leaves on the grid of its ticks: the first tick is given at
// construction, each further one is `ptime` later, by absolute deadlines; a late tick is caught up
// in order, never skewed (RFC 3550 5.1: RTP time advances with the ticks, sent or not).
//
// No allocation, lock or log line a packet after the first packets of a kind.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "sipvoice/base/bytes.hpp"
#include "sipvoice/media/values.hpp"

namespace sipvoice::media {

class media_session {
 public:
  /// `now`: the moment of opening; `first_tick`: when the first packet may go out.
  media_session(const media_open& open, time_point now, time_point first_tick);
  ~media_session();
  media_session(const media_session&) = delete;
  media_session& operator=(const media_session&) = delete;

  /// One datagram from the RTP port with the kernel's arrival time. Anything: what is not a packet
  /// of this stream is counted and dropped.
  void receive(byte_view datagram, const socket_address& from, time_point arrived);
  /// One datagram from the RTCP port.
  void receive_rtcp(byte_view datagram, const socket_address& from, time_point arrived);
  /// Runs every tick that is due at `now`, in order, and every timer.
  void handle_timeout(time_point now);
  [[nodiscard]] time_point next_deadline() const;

  void apply(const media_change& change, time_point now);
  void command(command_body command, time_point now);
  /// Stops: plays what the jitter buffer still holds into recordings, closes sinks, ends digits.
  /// Events that remain are polled afterwards; statistics() is final.
  void close(time_point now);

  /// The next packet to send, or an empty view; valid until the next call of any method.
  struct outgoing {
    byte_view bytes;
    socket_address to;
    bool from_rtcp_port = false;  ///< leaves from the odd port
  };
  [[nodiscard]] std::optional<outgoing> poll_transmit();
  [[nodiscard]] std::optional<event_body> poll_event();
  [[nodiscard]] const media_statistics& statistics() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace sipvoice::media
