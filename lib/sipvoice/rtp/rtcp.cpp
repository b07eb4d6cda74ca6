#include "sipvoice/rtp/rtcp.hpp"

namespace sipvoice::rtp {

bool is_rtcp_compound(byte_view datagram) {
  constexpr std::uint8_t sender_report = 200, receiver_report = 201;
  constexpr std::size_t head = 4;
  if (datagram.size() < head) return false;
  if (datagram[1] != sender_report && datagram[1] != receiver_report) return false;
  for (byte_view rest = datagram; !rest.empty();) {
    if (rest.size() < head || (rest[0] >> 6) != 2) return false;
    const std::size_t length = head * (std::size_t{read_u16(rest.data() + 2)} + 1);
    if (length > rest.size()) return false;
    const bool padded = (rest[0] & 0x20) != 0;
    if (padded && length != rest.size()) return false;
    rest = rest.subspan(length);
  }
  return true;
}

}  // namespace sipvoice::rtp
