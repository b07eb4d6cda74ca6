#include "sipvoice/call/destination.hpp"

#include <algorithm>

#include "sipvoice/call/next_hop.hpp"

namespace sipvoice::call {

destination::destination(services& s, call_id owner, std::function<void(progress)> told)
    : s_(s), owner_(owner), told_(std::move(told)) {}

destination::~destination() { stop_waiting(); }

void destination::stop_waiting() {
  if (lookup_ != lookups::id::none) s_.names.cancel(lookup_);
  if (waiter_ != 0) s_.flows.forget(waiter_);
  lookup_ = lookups::id::none;
  waiter_ = 0;
  waiting_ = false;
  ticket_.reset();  // what was about to be told finds it gone
}

std::weak_ptr<const bool> destination::ticket() {
  if (!ticket_) ticket_ = std::make_shared<const bool>(true);
  return ticket_;
}

destination::progress destination::seek(std::string_view uri_text) {
  stop_waiting();
  place_.reset();
  candidates_.clear();
  at_ = 0;
  failure_ = "no address that can be called";
  problem_ = "unreachable";
  if (const auto uri = sip::uri::parse(uri_text)) {
    server_name_ = uri->host;
    sips_ = uri->is_sips();
  }
  sip::abilities can;
  can.udp = s_.listener_toward(ip_address{}) != nullptr ||
            s_.listener_toward(ip_address::v6({})) != nullptr;
  sip::locator l(uri_text, can, s_.random);
  fixed_ = l.transport_is_fixed();
  if (l.done()) {
    candidates_ = l.candidates();
    if (candidates_.empty()) {
      problem_ = "unsupported_transport";
      failure_ = "of transports there are TCP and TLS, and UDP where there is a UDP listener";
    }
    return walk();
  }
  lookup_ = s_.names.start(
      std::move(l), owner_,
      [this, ticket = ticket()](const sip::locator& done) {
        if (!ticket.expired()) located(done);
      },
      s_.now);
  waiting_ = lookup_ != lookups::id::none;
  if (!waiting_) failure_ = "too many lookups at once";
  return waiting_ ? progress::waiting : progress::failed;
}

void destination::located(const sip::locator& l) {
  lookup_ = lookups::id::none;
  candidates_ = l.candidates();
  if (candidates_.empty()) {
    failure_ = l.complaint();
    if (failure_.empty()) failure_ = "the name cannot be asked about";
    problem_ = "unresolvable";
  }
  tell(walk());
}

destination::progress destination::next() {
  stop_waiting();
  if (place_) ++at_;
  place_.reset();
  return walk();
}

destination::progress destination::walk() {
  for (; at_ < candidates_.size(); ++at_) {
    const sip::candidate& c = candidates_[at_];
    if (!can_be_peer(c.address)) continue;
    if (sip::is_reliable(c.transport)) {
      const progress p = try_stream(c);
      if (p != progress::failed) return p;
    } else if (use(c, {})) {
      return progress::ready;
    }
  }
  return progress::failed;
}

destination::progress destination::try_stream(const sip::candidate& c) {
  const auto flow = s_.flows.connect(c.transport, c.address, server_name_, s_.now);
  if (!flow) {
    failure_ = "too many connections";
    return progress::failed;
  }
  if (s_.flows.is_open(*flow)) return use(c, *flow) ? progress::ready : progress::failed;
  opening_ = *flow;
  waiting_ = true;
  waiter_ = s_.flows.when_settled(*flow, owner_, [this, ticket = ticket()](const std::string& why) {
    if (ticket.expired()) return;
    waiter_ = 0;
    if (s_.flows.is_open(opening_) && use(candidates_[at_], opening_)) return tell(progress::ready);
    if (!why.empty()) failure_ = why;
    ++at_;
    tell(walk());
  });
  return progress::waiting;
}

/// A later place that can be gone to instead, of the same family: media are bound to one.
bool destination::has_other(const sip::candidate& c) const {
  for (std::size_t i = at_ + 1; i < candidates_.size(); ++i) {
    const sip::candidate& other = candidates_[i];
    if (other.address.ip.is_v6() == c.address.ip.is_v6() && can_be_peer(other.address)) return true;
  }
  return false;
}

bool destination::use(const sip::candidate& c, flow_id flow) {
  std::optional<local_side> side;
  if (sip::is_reliable(c.transport)) {
    side = s_.side_of(flow, {});
  } else if (preferred_ && preferred_->transport == c.transport &&
             preferred_->address.ip.is_v6() == c.address.ip.is_v6()) {
    side = preferred_;
  } else if (const listener* way = s_.listener_toward(c.address.ip)) {
    side = s_.side_toward(*way, c.address.ip);
  }
  if (!side) return false;
  side->sips = sips_;
  sip::hop to{side->flow, c.transport, c.address};
  to.large_over_tcp = !fixed_ && c.transport == sip::transport::udp;
  to.has_alternative = c.transport == sip::transport::udp && has_other(c);
  place_ = place{to, *side};
  return true;
}

std::vector<ip_address> destination::addresses() const {
  std::vector<ip_address> found;
  const auto add = [&found](const ip_address& ip) {
    const bool known = std::find(found.begin(), found.end(), ip) != found.end();
    if (!known && found.size() < max_addresses) found.push_back(ip);
  };
  if (place_) add(place_->to.remote.ip);
  for (const sip::candidate& c : candidates_) add(c.address.ip);
  return found;
}

void destination::tell(progress p) {
  waiting_ = p == progress::waiting;
  if (!waiting_) told_(p);
}

}  // namespace sipvoice::call
