// Packets that wait to be taken by the shell, in order, in one buffer that is kept.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sipvoice/base/address.hpp"
#include "sipvoice/rtp/packet.hpp"

namespace sipvoice::media {

class outbox {
 public:
  /// A shell that does not drain loses what comes after so many.
  static constexpr std::size_t max_packets = 256;

  struct item {
    byte_view bytes;  ///< valid until the next push
    socket_address to;
  };

  outbox();
  /// False: full, not taken.
  bool push(const rtp::packet_header& header, byte_view payload, const socket_address& to);
  [[nodiscard]] std::optional<item> pop();
  [[nodiscard]] bool full() const {
    return next_ < entries_.size() && entries_.size() >= max_packets;
  }

 private:
  struct entry {
    std::size_t offset = 0, length = 0;
    socket_address to;
  };
  std::vector<std::uint8_t> bytes_;
  std::vector<entry> entries_;
  std::size_t next_ = 0;
};

}  // namespace sipvoice::media
