// What lives at an address of a simulated network, and what the network shows of its traffic.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sipvoice/base/address.hpp"
#include "sipvoice/base/time.hpp"

namespace sipvoice::sim {

/// One end of a stream connection (see streams.hpp); each end has its own.
enum class stream_end : std::uint64_t {};

/// Something with an IP address in the world.
class host {
 public:
  virtual ~host() = default;
  /// A datagram for one of the ports of this host.
  virtual void receive(const socket_address& to, const socket_address& from, std::string bytes,
                       time_point now) = 0;
  /// Runs everything that is due at `now`.
  virtual void handle_timeout(time_point now) = 0;
  [[nodiscard]] virtual time_point next_deadline() const = 0;

  // --- streams; a host that has none refuses them
  /// Somebody connects to `local`. False: nobody listens there, and the connection is refused.
  [[nodiscard]] virtual bool stream_offered(stream_end, const socket_address& /*local*/,
                                            const socket_address& /*remote*/, time_point) {
    return false;
  }
  /// A connection that this host asked for is up.
  virtual void stream_opened(stream_end, const socket_address& /*local*/, time_point) {}
  /// Bytes in order, cut anywhere.
  virtual void stream_received(stream_end, std::string_view /*segment*/, time_point) {}
  /// Refused, closed by the peer, reset, or given up; nothing more is told of it.
  virtual void stream_ended(stream_end, const std::string& /*why*/, time_point) {}
};

/// A datagram as the network sees it, when it is sent or when it arrives; or what was written at
/// once to a stream, when it is written or when the last byte of it has arrived.
struct passing {
  time_point at{};
  socket_address from, to;
  std::string_view bytes;
  int copies = 1;       ///< of one that is sent: how many will arrive; 0: the link has lost it
  bool stream = false;  ///< nothing of a stream is lost as long as the connection lives
};

}  // namespace sipvoice::sim
