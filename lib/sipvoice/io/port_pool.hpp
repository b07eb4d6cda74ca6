// RTP/RTCP port pairs: even and odd, in sequence from the first of the range, wrapping, skipping
// what the system refuses. Both sockets of a pair are bound or neither.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <variant>

#include "sipvoice/call/endpoint.hpp"
#include "sipvoice/io/socket.hpp"

namespace sipvoice::io {

class port_pool {
 public:
  /// What a worker needs of a bound pair; the pool keeps the descriptors.
  struct sockets {
    int rtp = -1, rtcp = -1;
    socket_address local;  ///< of RTP; RTCP is one port above
  };

  /// `rtp_ip` unspecified: each pair is bound to the local address that routes to its peer, so
  /// that the same number can serve other addresses. An odd `first` is rounded up.
  port_pool(ip_address rtp_ip, std::uint16_t first, std::uint16_t last,
            call::host_environment& host);

  /// Pairs that the range holds, for one local address.
  [[nodiscard]] std::size_t pairs() const { return pairs_; }
  [[nodiscard]] std::size_t in_use() const { return bound_.size(); }

  /// Nothing when every pair is taken, no route leads to the peer, or files have run out.
  [[nodiscard]] std::optional<call::media_ports> acquire(const ip_address& peer);
  /// Exactly this pair, whatever the range says. Port 0: one that the system has free. An
  /// unspecified address is bound as it stands, and shown as the one that routes to `peer`.
  struct bind_failure {
    socket_address where;  ///< of RTP or RTCP
    int error = 0;         ///< errno
  };
  [[nodiscard]] std::variant<call::media_ports, bind_failure> bind(const socket_address& local,
                                                                   const ip_address& peer);
  /// Nothing of an id that is not bound.
  [[nodiscard]] std::optional<sockets> find(media::port_pair_id id) const;
  /// Closes both sockets.
  void release(media::port_pair_id id);

 private:
  struct pair {
    unique_fd rtp, rtcp;
    socket_address local;
  };
  enum class attempt : std::uint8_t { bound, refused, hopeless };

  [[nodiscard]] ip_address address_toward(const ip_address& peer) const;
  static attempt try_bind(const socket_address& local, pair& out);
  [[nodiscard]] static std::optional<bind_failure> bind_both(const socket_address& local,
                                                             pair& out);
  [[nodiscard]] static std::optional<bind_failure> bind_any(const ip_address& local, pair& out);
  [[nodiscard]] std::uint16_t take_next();
  call::media_ports keep(pair&& bound);

  ip_address rtp_ip_;
  std::uint16_t first_;
  std::size_t pairs_;
  call::host_environment& host_;
  std::size_t next_ = 0;  ///< index of the pair to try first
  std::uint64_t last_id_ = 0;
  std::unordered_map<std::uint64_t, pair> bound_;
  std::unordered_set<socket_address> taken_;  ///< by us: spares the system calls
  std::unordered_map<ip_address, std::size_t> taken_of_;
};

}  // namespace sipvoice::io
