#include "sipvoice/io/udp_outbox.hpp"

#include <algorithm>
#include <cstring>

namespace sipvoice::io {
namespace {

template <class Info>
void put_control(msghdr& header, char* room, int level, int type, const Info& info) {
  header.msg_control = room;
  header.msg_controllen = CMSG_SPACE(sizeof info);
  cmsghdr* c = CMSG_FIRSTHDR(&header);
  c->cmsg_level = level;
  c->cmsg_type = type;
  c->cmsg_len = CMSG_LEN(sizeof info);
  std::memcpy(CMSG_DATA(c), &info, sizeof info);
}

void put_source(msghdr& header, char* room, const ip_address& source) {
  raw_address raw{};
  to_raw({source, 0}, raw);
  if (source.is_v6()) {
    in6_pktinfo info{};
    info.ipi6_addr = raw.v6.sin6_addr;
    info.ipi6_ifindex = raw.v6.sin6_scope_id;
    put_control(header, room, IPPROTO_IPV6, IPV6_PKTINFO, info);
  } else {
    in_pktinfo info{};
    info.ipi_spec_dst = raw.v4.sin_addr;
    put_control(header, room, IPPROTO_IP, IP_PKTINFO, info);
  }
}

/// One datagram as the system wants to see it; it points into itself and into its datagram.
struct envelope {
  raw_address to;
  iovec vector;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(in6_pktinfo))> control;

  void address(msghdr& header, udp_outbox::datagram& d) {
    header = {};
    header.msg_name = &to;
    header.msg_namelen = to_raw(d.to, to);
    vector = {d.bytes.data(), d.bytes.size()};
    header.msg_iov = &vector;
    header.msg_iovlen = 1;
    if (d.source.is_unspecified()) return;
    control.fill(0);
    put_source(header, control.data(), d.source);
  }
};

}  // namespace

udp_outbox::outcome udp_outbox::flush(int fd, bool errors_told) {
  std::array<envelope, capacity> envelopes;
  std::array<mmsghdr, capacity> headers;
  for (std::size_t i = 0; i < used_; ++i) envelopes[i].address(headers[i].msg_hdr, waiting_[i]);
  outcome out;
  bool again = errors_told;
  for (std::size_t at = 0; at < used_;) {
    const int n = ::sendmmsg(fd, &headers[at], static_cast<unsigned>(used_ - at),
                             MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0) {
      at += static_cast<std::size_t>(n);
      out.sent += static_cast<std::uint64_t>(n);
      again = errors_told;
    } else if (!std::exchange(again, false)) {
      ++at;
      ++out.refused;
      again = errors_told;
    }
  }
  for (std::size_t i = 0; i < used_; ++i) waiting_[i].bytes = {};
  used_ = 0;
  return out;
}

}  // namespace sipvoice::io
