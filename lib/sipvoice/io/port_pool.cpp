#include "sipvoice/io/port_pool.hpp"

#include <cerrno>

namespace sipvoice::io {
namespace {

constexpr std::uint32_t round_up_to_even(std::uint32_t port) { return (port + 1) & ~1U; }

std::size_t count_pairs(std::uint32_t first, std::uint32_t last) {
  const std::uint32_t even = round_up_to_even(first);
  return last > even ? (last - even + 1) / 2 : 0;
}

/// Arrival times come from the kernel: what waits for its slice is not late by it.
void prepare(int fd) {
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
}

/// The next pair may do better, against errors of the whole process or address.
bool concerns_this_port(int error) { return error == EADDRINUSE || error == EACCES; }

}  // namespace

port_pool::port_pool(ip_address rtp_ip, std::uint16_t first, std::uint16_t last,
                     call::host_environment& host)
    : rtp_ip_(rtp_ip),
      first_(static_cast<std::uint16_t>(round_up_to_even(first))),
      pairs_(count_pairs(first, last)),
      host_(host) {}

ip_address port_pool::address_toward(const ip_address& peer) const {
  // Media follows the family of the signalling, whatever --rtp-ip names.
  if (!rtp_ip_.is_unspecified() && rtp_ip_.is_v6() == peer.is_v6()) return rtp_ip_;
  return host_.local_address_toward(peer);
}

std::uint16_t port_pool::take_next() {
  const auto port = static_cast<std::uint16_t>(first_ + 2 * next_);
  next_ = (next_ + 1) % pairs_;
  return port;
}

std::optional<port_pool::bind_failure> port_pool::bind_both(const socket_address& local,
                                                            pair& out) {
  if (local.port == 65535) return bind_failure{local, EINVAL};  // nothing is above it
  const socket_address rtcp{local.ip, static_cast<std::uint16_t>(local.port + 1)};
  unique_fd even = bind_udp(local);
  if (!even) return bind_failure{local, errno};
  unique_fd odd = bind_udp(rtcp);
  if (!odd) return bind_failure{rtcp, errno};
  prepare(even.get());
  prepare(odd.get());
  out = {std::move(even), std::move(odd), local};
  return std::nullopt;
}

port_pool::attempt port_pool::try_bind(const socket_address& local, pair& out) {
  const auto failure = bind_both(local, out);
  if (!failure) return attempt::bound;
  return concerns_this_port(failure->error) ? attempt::refused : attempt::hopeless;
}

/// The system names single ports: asked until the other of its pair is free too.
std::optional<port_pool::bind_failure> port_pool::bind_any(const ip_address& local, pair& out) {
  constexpr int most_tries = 200;
  bind_failure last{{local, 0}, EADDRINUSE};
  for (int tries = 0; tries < most_tries; ++tries) {
    unique_fd probe = bind_udp({local, 0});
    if (!probe) return bind_failure{{local, 0}, errno};
    const auto found = local_address(probe.get());
    if (!found) return bind_failure{{local, 0}, errno};
    const socket_address even{local, static_cast<std::uint16_t>(found->port & ~1)};
    probe.reset();  // it may hold one of the two
    const auto failure = bind_both(even, out);
    if (!failure) return std::nullopt;
    if (!concerns_this_port(failure->error)) return failure;
    last = *failure;
  }
  return last;
}

std::variant<call::media_ports, port_pool::bind_failure> port_pool::bind(
    const socket_address& local, const ip_address& peer) {
  pair bound;
  const auto failure = local.port == 0 ? bind_any(local.ip, bound) : bind_both(local, bound);
  if (failure) return *failure;
  if (local.ip.is_unspecified()) bound.local.ip = host_.local_address_toward(peer);
  return keep(std::move(bound));
}

call::media_ports port_pool::keep(pair&& bound) {
  const socket_address local = bound.local;
  bound_.emplace(++last_id_, std::move(bound));
  taken_.insert(local);
  ++taken_of_[local.ip];
  return {media::port_pair_id{last_id_}, local};
}

std::optional<call::media_ports> port_pool::acquire(const ip_address& peer) {
  const ip_address local = address_toward(peer);
  if (local.is_unspecified() || taken_of_[local] >= pairs_) return std::nullopt;
  for (std::size_t tried = 0; tried < pairs_; ++tried) {
    const socket_address candidate{local, take_next()};
    if (taken_.contains(candidate)) continue;
    pair bound;
    const attempt outcome = try_bind(candidate, bound);
    if (outcome == attempt::hopeless) return std::nullopt;
    if (outcome == attempt::refused) continue;
    return keep(std::move(bound));
  }
  return std::nullopt;
}

std::optional<port_pool::sockets> port_pool::find(media::port_pair_id id) const {
  const auto it = bound_.find(static_cast<std::uint64_t>(id));
  if (it == bound_.end()) return std::nullopt;
  return sockets{it->second.rtp.get(), it->second.rtcp.get(), it->second.local};
}

void port_pool::release(media::port_pair_id id) {
  const auto it = bound_.find(static_cast<std::uint64_t>(id));
  if (it == bound_.end()) return;
  const socket_address local = it->second.local;
  taken_.erase(local);
  if (--taken_of_[local.ip] == 0) taken_of_.erase(local.ip);
  bound_.erase(it);
}

}  // namespace sipvoice::io
