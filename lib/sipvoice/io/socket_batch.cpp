#include "sipvoice/io/socket_batch.hpp"

#include <cstring>
#include <ctime>

namespace sipvoice::io {

socket_batch::socket_batch() : slots_(std::make_unique<std::array<slot, capacity>>()) {
  for (std::size_t i = 0; i < capacity; ++i) {
    slot& s = (*slots_)[i];
    s.vector = {s.bytes.data(), s.bytes.size()};
    msghdr& h = headers_[i].msg_hdr;
    h.msg_name = &s.from;
    h.msg_iov = &s.vector;
    h.msg_iovlen = 1;
    h.msg_control = s.control.data();
  }
  prepare(capacity);
}

void socket_batch::prepare(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    headers_[i].msg_hdr.msg_namelen = sizeof(raw_address);
    headers_[i].msg_hdr.msg_controllen = sizeof((*slots_)[i].control);
  }
}

std::size_t socket_batch::read(int fd) {
  prepare(used_);
  const int n = ::recvmmsg(fd, headers_.data(), capacity, MSG_DONTWAIT, nullptr);
  used_ = n > 0 ? static_cast<std::size_t>(n) : 0;
  return used_;
}

socket_batch::datagram socket_batch::at(std::size_t i) {
  mmsghdr& h = headers_[i];
  const slot& s = (*slots_)[i];
  datagram d;
  d.bytes = {s.bytes.data(), h.msg_len};
  d.from = from_raw(s.from).value_or(socket_address{});
  d.truncated = (h.msg_hdr.msg_flags & MSG_TRUNC) != 0;
  for (cmsghdr* c = CMSG_FIRSTHDR(&h.msg_hdr); c != nullptr; c = CMSG_NXTHDR(&h.msg_hdr, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec ts;
    std::memcpy(&ts, CMSG_DATA(c), sizeof ts);
    d.arrived = wall_time(std::chrono::seconds(ts.tv_sec) + std::chrono::nanoseconds(ts.tv_nsec));
  }
  return d;
}

}  // namespace sipvoice::io
