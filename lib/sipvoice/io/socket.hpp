// What the shell's own sockets share: descriptors that close themselves, and addresses between the
// project's form and the system's.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <optional>
#include <utility>

#include "sipvoice/base/address.hpp"

namespace sipvoice::io {

/// Owns one file descriptor.
class unique_fd {
 public:
  unique_fd() = default;
  explicit unique_fd(int fd) : fd_(fd) {}
  unique_fd(unique_fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  unique_fd& operator=(unique_fd&& other) noexcept {
    if (this != &other) reset(std::exchange(other.fd_, -1));
    return *this;
  }
  ~unique_fd() { reset(); }
  void reset(int fd = -1);
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }
  [[nodiscard]] int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// A sockaddr large enough for both families.
union raw_address {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

/// Fills `out`; returns its length.
socklen_t to_raw(const socket_address& address, raw_address& out);
/// Nothing of another family.
[[nodiscard]] std::optional<socket_address> from_raw(const raw_address& raw);
[[nodiscard]] ip_address from_raw(const in_addr& a);
[[nodiscard]] ip_address from_raw(const in6_addr& a, std::uint32_t scope);

/// An unconnected, nonblocking UDP socket of the address's family, bound to it (IPv6 only speaks
/// IPv6). Empty on failure, then errno tells.
[[nodiscard]] unique_fd bind_udp(const socket_address& local);
/// Where the socket is bound.
[[nodiscard]] std::optional<socket_address> local_address(int fd);

/// Text of an errno value, in lower case as our messages are: "address already in use".
[[nodiscard]] std::string error_text(int error);

/// Helper threads take no signals: those belong to the loop, and to nobody's sleep.
void block_signals();

}  // namespace sipvoice::io
