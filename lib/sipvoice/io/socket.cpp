#include "sipvoice/io/socket.hpp"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>

#include "sipvoice/base/text.hpp"

namespace sipvoice::io {

void unique_fd::reset(int fd) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

socklen_t to_raw(const socket_address& address, raw_address& out) {
  if (address.ip.is_v6()) {
    out.v6 = {};
    out.v6.sin6_family = AF_INET6;
    out.v6.sin6_port = htons(address.port);
    std::memcpy(&out.v6.sin6_addr, address.ip.bytes().data(), 16);
    out.v6.sin6_scope_id = address.ip.scope();
    return sizeof out.v6;
  }
  out.v4 = {};
  out.v4.sin_family = AF_INET;
  out.v4.sin_port = htons(address.port);
  std::memcpy(&out.v4.sin_addr, address.ip.bytes().data() + 12, 4);
  return sizeof out.v4;
}

ip_address from_raw(const in_addr& a) { return ip_address::v4(ntohl(a.s_addr)); }

ip_address from_raw(const in6_addr& a, std::uint32_t scope) {
  std::array<std::uint8_t, 16> bytes;
  std::memcpy(bytes.data(), &a, bytes.size());
  return ip_address::v6(bytes, scope);
}

std::optional<socket_address> from_raw(const raw_address& raw) {
  if (raw.any.sa_family == AF_INET)
    return socket_address{from_raw(raw.v4.sin_addr), ntohs(raw.v4.sin_port)};
  if (raw.any.sa_family == AF_INET6)
    return socket_address{from_raw(raw.v6.sin6_addr, raw.v6.sin6_scope_id),
                          ntohs(raw.v6.sin6_port)};
  return std::nullopt;
}

unique_fd bind_udp(const socket_address& local) {
  const int family = local.ip.is_v6() ? AF_INET6 : AF_INET;
  unique_fd fd(::socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return {};
  const int on = 1;
  if (family == AF_INET6) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  raw_address raw{};
  const socklen_t length = to_raw(local, raw);
  if (::bind(fd.get(), &raw.any, length) != 0) {
    const int error = errno;
    fd.reset();
    errno = error;
    return {};
  }
  return fd;
}

std::optional<socket_address> local_address(int fd) {
  raw_address raw{};
  socklen_t length = sizeof raw;
  if (::getsockname(fd, &raw.any, &length) != 0) return std::nullopt;
  return from_raw(raw);
}

std::string error_text(int error) {
  std::string text = std::generic_category().message(error);
  if (!text.empty()) text[0] = to_lower(text[0]);
  return text;
}

void block_signals() {
  sigset_t all;
  ::sigfillset(&all);
  // Those that a fault of this very thread raises must keep their effect.
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP})
    ::sigdelset(&all, fault);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace sipvoice::io
