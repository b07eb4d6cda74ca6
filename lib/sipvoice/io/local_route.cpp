#include "sipvoice/io/local_route.hpp"

#include "sipvoice/io/clock.hpp"
#include "sipvoice/io/socket.hpp"

namespace sipvoice::io {
namespace {

ip_address ask_kernel(const ip_address& peer) {
  const ip_address none = peer.is_v6() ? ip_address::v6({}) : ip_address{};
  if (peer.is_unspecified()) return none;
  unique_fd fd(::socket(peer.is_v6() ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return none;
  raw_address raw{};
  // Connecting a datagram socket only looks up the route; any port but 0 will do.
  const socklen_t length = to_raw({peer, 9}, raw);
  if (::connect(fd.get(), &raw.any, length) != 0) return none;
  const auto local = local_address(fd.get());
  return local ? local->ip : none;
}

}  // namespace

ip_address local_route::local_address_toward(const ip_address& peer) {
  const time_point now = monotonic_now();
  if (const auto it = cache_.find(peer); it != cache_.end() && now < it->second.until)
    return it->second.local;
  // Peers come from the network: the cache is emptied rather than grown.
  if (cache_.size() >= max_cached) cache_.clear();
  const ip_address local = ask_kernel(peer);
  cache_[peer] = {local, now + keep};
  return local;
}

}  // namespace sipvoice::io
