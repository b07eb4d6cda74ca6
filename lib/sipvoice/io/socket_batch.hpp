// Reading many datagrams with one system call, with the kernel's arrival times.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "sipvoice/base/bytes.hpp"
#include "sipvoice/base/time.hpp"
#include "sipvoice/io/socket.hpp"

namespace sipvoice::io {

class socket_batch {
 public:
  static constexpr std::size_t capacity = 16;
  /// Longer than 60 ms of the widest codec; what exceeds it is no RTP packet of ours.
  static constexpr std::size_t max_datagram = 8192;

  struct datagram {
    byte_view bytes;
    socket_address from;
    std::optional<wall_time> arrived;  ///< nothing when the kernel did not stamp it
    bool truncated = false;
  };

  socket_batch();
  /// Reads at most `capacity` datagrams without blocking; how many. Views live until the next call.
  std::size_t read(int fd);
  [[nodiscard]] datagram at(std::size_t i);

 private:
  struct slot {
    std::array<std::uint8_t, max_datagram> bytes;
    alignas(cmsghdr) std::array<char, 64> control;
    raw_address from;
    iovec vector;
  };
  void prepare(std::size_t count);

  std::unique_ptr<std::array<slot, capacity>> slots_;
  std::array<mmsghdr, capacity> headers_{};
  std::size_t used_ = 0;  ///< headers that the kernel has written to
};

}  // namespace sipvoice::io
