#include "sipvoice/media/latch.hpp"

#include <algorithm>

namespace sipvoice::media {

latch::latch(latch_mode mode, const socket_address& remote) : mode_(mode), remote_(remote) {}

void latch::restart(const socket_address& remote) {
  // With the same address in the new SDP our packets go on to where they reached the other side.
  if (remote != remote_) observed_.reset();
  remote_ = remote;
  source_.reset();
  candidates_.clear();
}

bool latch::may_become_source(const socket_address& from) const {
  switch (mode_) {
    case latch_mode::off:
      return false;
    case latch_mode::same_ip:
      return from.ip == remote_.ip && remote_.port != 0;
    case latch_mode::any:
      return true;
  }
  return false;
}

latch::candidate& latch::candidate_for(const socket_address& from) {
  if (candidates_.empty()) candidates_.resize(max_candidates);
  const auto known = std::find_if(candidates_.begin(), candidates_.end(), [&](const candidate& c) {
    return c.count > 0 && c.address == from;
  });
  if (known != candidates_.end()) return *known;
  candidate& oldest =
      *std::min_element(candidates_.begin(), candidates_.end(),
                        [](const candidate& a, const candidate& b) { return a.used < b.used; });
  oldest.address = from;
  oldest.count = 0;
  return oldest;
}

latch::verdict latch::offer(const socket_address& from, const rtp::packet_header& header,
                            byte_view datagram, time_point arrived) {
  if (source_) {
    // What was held has been heard by now.
    if (!candidates_.empty()) candidates_ = {};
    return from == *source_ ? verdict::accepted : verdict::rejected;
  }
  if (from == remote_) {
    source_ = observed_ = from;
    candidates_.clear();
    return verdict::accepted;
  }
  if (!may_become_source(from)) return verdict::rejected;

  candidate& c = candidate_for(from);
  c.used = ++offers_;
  if (c.count > 0 && (c.source != header.source || c.next != header.sequence)) c.count = 0;
  c.source = header.source;
  c.next = header.sequence + 1;
  if (c.count + 1 == packets_to_decide) {
    decided_ = static_cast<std::size_t>(&c - candidates_.data());
    source_ = observed_ = from;
    return verdict::decided;
  }
  held_packet& kept = c.packets[c.count++];
  kept.datagram.assign(datagram.begin(), datagram.end());
  kept.arrived = arrived;
  return verdict::held;
}

std::span<const latch::held_packet> latch::held() const { return candidates_[decided_].packets; }

std::optional<socket_address> latch::destination() const {
  if (mode_ != latch_mode::off && observed_) return observed_;
  if (remote_.port == 0 || remote_.ip.is_unspecified()) return std::nullopt;
  return remote_;
}

}  // namespace sipvoice::media
