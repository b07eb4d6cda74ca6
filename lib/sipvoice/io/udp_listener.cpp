#include "sipvoice/io/udp_listener.hpp"

#include <linux/errqueue.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "sipvoice/io/clock.hpp"
#include "sipvoice/io/socket.hpp"

namespace sipvoice::io {
namespace {

using boost::asio::ip::udp;

constexpr int receive_buffer_bytes = 4 << 20;  ///< bursts of a flood wait here, not in our memory

/// Asks for the local address of every datagram: a wildcard socket does not know it otherwise.
void ask_for_local_address(int fd, bool v6) {
  const int on = 1;
  if (v6)
    ::setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
  else
    ::setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
}

/// Asks for what ICMP says of datagrams that were sent. The kernel also lets the next call on the
/// socket fail for it, see send().
void ask_for_errors(int fd, bool v6) {
  const int on = 1;
  if (v6)
    ::setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on);
  else
    ::setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on);
}

bool says_nobody_is_there(msghdr& header) {
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    const bool v4 = c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR;
    const bool v6 = c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR;
    if (!v4 && !v6) continue;
    sock_extended_err what;
    std::memcpy(&what, CMSG_DATA(c), sizeof what);
    return what.ee_errno == ECONNREFUSED &&
           what.ee_origin == (v4 ? SO_EE_ORIGIN_ICMP : SO_EE_ORIGIN_ICMP6);
  }
  return false;
}

/// The address a datagram was sent to; unspecified when the kernel does not tell.
ip_address destination_of(msghdr& header) {
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
      in_pktinfo info;
      std::memcpy(&info, CMSG_DATA(c), sizeof info);
      return from_raw(info.ipi_addr);
    }
    if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info;
      std::memcpy(&info, CMSG_DATA(c), sizeof info);
      return from_raw(info.ipi6_addr, static_cast<std::uint32_t>(info.ipi6_ifindex));
    }
  }
  return {};
}

}  // namespace

struct udp_listener::buffers {
  struct slot {
    std::array<char, max_datagram> bytes;
    alignas(cmsghdr) std::array<char, 128> control;
    raw_address from;
    iovec vector;
  };
  std::array<slot, batch> slots;
  std::array<mmsghdr, batch> headers;

  void prepare() {
    for (std::size_t i = 0; i < batch; ++i) {
      slot& s = slots[i];
      s.vector = {s.bytes.data(), s.bytes.size()};
      msghdr& h = headers[i].msg_hdr;
      h = {};
      h.msg_name = &s.from;
      h.msg_namelen = sizeof s.from;
      h.msg_iov = &s.vector;
      h.msg_iovlen = 1;
      h.msg_control = s.control.data();
      h.msg_controllen = s.control.size();
    }
  }
};

udp_listener::udp_listener(boost::asio::io_context& context, receiver receive, unreachable nobody)
    : socket_(context),
      receive_(std::move(receive)),
      nobody_(std::move(nobody)),
      buffers_(new buffers) {}

udp_listener::~udp_listener() = default;

int udp_listener::open(const socket_address& local) {
  unique_fd fd = bind_udp(local);
  if (!fd) return errno;
  ask_for_local_address(fd.get(), local.ip.is_v6());
  if (nobody_) ask_for_errors(fd.get(), local.ip.is_v6());
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
  local_ = local_address(fd.get()).value_or(local);
  boost::system::error_code error;
  socket_.assign(local.ip.is_v6() ? udp::v6() : udp::v4(), fd.get(), error);
  if (error) return error.value();
  static_cast<void>(fd.release());
  wait();
  if (nobody_) wait_for_errors();
  return 0;
}

void udp_listener::close() {
  if (!socket_.is_open()) return;
  path_.reset();
  if (!outbox_.empty()) send_all();
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void udp_listener::wait() {
  socket_.async_wait(udp::socket::wait_read, [this](const boost::system::error_code& error) {
    if (error == boost::asio::error::operation_aborted) return;
    read();
    if (socket_.is_open()) wait();
  });
}

void udp_listener::wait_for_errors() {
  socket_.async_wait(udp::socket::wait_error, [this](const boost::system::error_code& error) {
    if (error == boost::asio::error::operation_aborted) return;
    read_errors();
    if (socket_.is_open()) wait_for_errors();
  });
}

void udp_listener::read_errors() {
  for (std::size_t done = 0; done < max_per_turn && socket_.is_open(); ++done) {
    raw_address to{};
    alignas(cmsghdr) std::array<char, 512> control;
    msghdr header{};
    header.msg_name = &to;
    header.msg_namelen = sizeof to;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    if (::recvmsg(socket_.native_handle(), &header, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return;
    const auto remote = from_raw(to);
    if (remote && says_nobody_is_there(header)) nobody_(*remote);
  }
}

void udp_listener::read() {
  for (std::size_t done = 0; done < max_per_turn && socket_.is_open();) {
    const std::size_t n = read_batch();
    done += n;
    if (n < batch) return;
  }
}

std::size_t udp_listener::read_batch() {
  buffers_->prepare();
  const int n =
      ::recvmmsg(socket_.native_handle(), buffers_->headers.data(), batch, MSG_DONTWAIT, nullptr);
  if (n <= 0) return 0;
  reading_ = true;
  for (int i = 0; i < n && socket_.is_open(); ++i) {
    mmsghdr& h = buffers_->headers[static_cast<std::size_t>(i)];
    const auto& slot = buffers_->slots[static_cast<std::size_t>(i)];
    if ((h.msg_hdr.msg_flags & MSG_TRUNC) != 0) {
      ++counters_.truncated;
      continue;
    }
    const auto from = from_raw(slot.from);
    if (!from) continue;
    ++counters_.received;
    ip_address local = destination_of(h.msg_hdr);
    if (local.is_unspecified()) local = local_.ip;
    if (local_.ip.is_unspecified()) remember(*from, local);
    receive_(*from, local, std::string(slot.bytes.data(), h.msg_len));
  }
  reading_ = false;
  flush();
  return static_cast<std::size_t>(n);
}

void udp_listener::remember(const socket_address& peer, const ip_address& local) {
  if (recent_.size() >= max_remembered) {
    older_ = std::move(recent_);
    recent_.clear();
  }
  recent_[peer] = local;
}

ip_address udp_listener::source_for(const socket_address& peer) const {
  if (!local_.ip.is_unspecified()) return local_.ip;
  if (const auto it = recent_.find(peer); it != recent_.end()) return it->second;
  if (const auto it = older_.find(peer); it != older_.end()) return it->second;
  return {};
}

void udp_listener::send(const socket_address& to, std::string bytes) {
  if (path_)
    path_->send(to, bytes, monotonic_now());
  else
    put(to, std::move(bytes));
}

void udp_listener::put(const socket_address& to, std::string bytes) {
  const ip_address source = source_for(to);
  // Multicast and broadcast destinations of a request are no address to answer from.
  const bool usable = local_.ip.is_unspecified() && !source.is_multicast() &&
                      !source.is_broadcast() && source.is_v6() == to.ip.is_v6();
  outbox_.add({to, usable ? source : ip_address{}, std::move(bytes)});
  if (outbox_.full()) send_all();
}

void udp_listener::flush() {
  if (path_ && !path_->empty()) {
    const time_point now = monotonic_now();
    while (auto arrived = path_->poll(now)) put(arrived->to, std::move(arrived->bytes));
  }
  if (!reading_ && !outbox_.empty()) send_all();
}

void udp_listener::send_all() {
  const udp_outbox::outcome done = outbox_.flush(socket_.native_handle(), nobody_ != nullptr);
  counters_.sent += done.sent;
  counters_.send_errors += done.refused;
}

}  // namespace sipvoice::io
