// What is to leave one UDP socket: gathered while the loop does one turn's work, sent by one system
// call. The first datagram wakes its receiver, and those behind it find it awake.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "sipvoice/io/socket.hpp"

namespace sipvoice::io {

class udp_outbox {
 public:
  static constexpr std::size_t capacity = 16;  ///< datagrams a system call

  struct datagram {
    socket_address to;
    ip_address source;  ///< it leaves from this address; unspecified: the kernel chooses
    std::string bytes;
  };

  [[nodiscard]] bool empty() const { return used_ == 0; }
  [[nodiscard]] bool full() const { return used_ == capacity; }
  /// Not when it is full.
  void add(datagram d) { waiting_[used_++] = std::move(d); }

  struct outcome {
    std::uint64_t sent = 0, refused = 0;
  };
  /// Sends all without blocking, in their order; what the system refuses is gone. `errors_told`:
  /// the socket lets a call fail for what ICMP has said of an earlier datagram (IP_RECVERR), so
  /// that the first refusal of one may not be its own.
  outcome flush(int fd, bool errors_told);

 private:
  std::array<datagram, capacity> waiting_;
  std::size_t used_ = 0;
};

}  // namespace sipvoice::io
