#include "sipvoice/call/flow_table.hpp"

#include <algorithm>

#include "sipvoice/base/text.hpp"

namespace sipvoice::call {

flow_table::flow* flow_table::find(flow_id id) {
  const auto at = flows_.find(id);
  return at == flows_.end() ? nullptr : &at->second;
}

const flow_table::flow* flow_table::find(flow_id id) const {
  const auto at = flows_.find(id);
  return at == flows_.end() ? nullptr : &at->second;
}

flow_id flow_table::new_id() {
  do {
    if (++last_id_ < first_id) last_id_ = first_id;
  } while (flows_.contains(flow_id{last_id_}));
  return flow_id{last_id_};
}

bool flow_table::is_open(flow_id id) const {
  const flow* f = find(id);
  return f != nullptr && f->open;
}

std::optional<flow_table::view> flow_table::look(flow_id id) const {
  const flow* f = find(id);
  if (f == nullptr) return std::nullopt;
  return f->what;
}

flow_hold flow_table::hold(flow_id id) const {
  const flow* f = find(id);
  return f == nullptr ? nullptr : f->token;
}

// --- which connection

/// Whether a connection is good for a request to that name.
bool flow_table::serves(const flow& f, std::string_view server_name) {
  if (f.what.transport != sip::transport::tls) return true;
  const bool other_name = f.ours() && !server_name.empty() && !f.server_name.empty() &&
                          !iequals(f.server_name, server_name);
  // Who connected to us has shown no certificate: it is good for the address it has, not for a
  // name.
  const bool unproved =
      !f.ours() && !server_name.empty() && !ip_address::parse(server_name).has_value();
  return !other_name && !unproved;
}

/// Of several the youngest: the one that most likely still works.
std::optional<flow_id> flow_table::known(sip::transport t, const socket_address& remote,
                                         std::string_view server_name) const {
  std::optional<flow_id> best;
  time_point since{};
  const auto [first, last] = by_remote_.equal_range({t, remote});
  for (auto at = first; at != last; ++at) {
    const flow& f = flows_.at(at->second);
    const bool younger = !best || f.since > since || (f.since == since && at->second > *best);
    if (!younger || !serves(f, server_name)) continue;
    best = at->second;
    since = f.since;
  }
  return best;
}

std::optional<flow_id> flow_table::connect(sip::transport t, const socket_address& remote,
                                           std::string_view server_name, time_point now) {
  if (const auto live = known(t, remote, server_name)) return live;
  if (flows_.size() >= flow_limits::max_flows) return std::nullopt;
  const flow_id id = new_id();
  flow& f = add(id, {t, remote, {}, {}}, now);
  f.server_name = server_name;
  out_.emplace_back(open_flow{id, t, remote, f.server_name});
  arm(id, f);
  return id;
}

flow_table::flow& flow_table::add(flow_id id, const view& v, time_point now) {
  flow& f = flows_.emplace(id, flow(v, max_message_)).first->second;
  f.since = f.active = now;
  index(id, f, v.remote);
  return f;
}

void flow_table::index(flow_id id, flow& f, const socket_address& address) {
  by_remote_.emplace(key{f.what.transport, address}, id);
  f.addresses.push_back(address);
}

void flow_table::add_alias(flow_id id, const socket_address& address) {
  flow* f = find(id);
  // RFC 5923 section 8: over TLS a certificate would have to vouch for the address, or a neighbour
  // of a server got the requests that are meant for it.
  if (f == nullptr || f->what.transport == sip::transport::tls ||
      f->addresses.size() >= flow_limits::max_addresses ||
      by_remote_.contains({f->what.transport, address}))
    return;
  index(id, *f, address);
}

// --- sending

flow_id flow_table::send(const sip::hop& to, std::string bytes, time_point now) {
  if (!sip::is_reliable(to.transport)) {
    out_.emplace_back(sip::transmit{to, std::move(bytes)});
    return to.flow;
  }
  if (flow* f = find(to.flow)) {
    put(to.flow, *f, std::move(bytes), now);
    return to.flow;
  }
  const auto id = connect(to.transport, to.remote, {}, now);
  if (!id) {
    lost_.push_back({{}, to.transport, to.remote, {}, false, "too many connections"});
    return flow_id{};
  }
  put(*id, flows_.at(*id), std::move(bytes), now);
  return *id;
}

void flow_table::put(flow_id id, flow& f, std::string bytes, time_point now) {
  f.active = now;
  if (f.open) {
    out_.emplace_back(sip::transmit{{id, f.what.transport, f.what.remote}, std::move(bytes)});
    return;
  }
  f.waiting_bytes += bytes.size();
  if (f.waiting_bytes > flow_limits::max_waiting) return close(id, "too much waits for it");
  f.waiting.push_back(std::move(bytes));
}

// --- from the shell

std::optional<flow_id> flow_table::accepted(flow_id listener, sip::transport t,
                                            const socket_address& remote,
                                            const socket_address& local, time_point now) {
  const bool full = flows_.size() >= flow_limits::max_flows;
  const auto of_source = accepted_.find(remote.ip);
  const bool crowded =
      of_source != accepted_.end() && of_source->second >= flow_limits::max_per_source;
  if ((full || crowded) && !make_room(remote.ip)) return std::nullopt;
  const flow_id id = new_id();
  flow& f = add(id, {t, remote, local, listener}, now);
  f.open = true;
  ++accepted_[remote.ip];
  arm(id, f);
  return id;
}

/// Closes the oldest connection of `source` that never brought a message.
bool flow_table::make_room(const ip_address& source) {
  const flow_id* oldest = nullptr;
  time_point since = never;
  for (const auto& [id, f] : flows_) {
    if (f.ours() || f.spoke || f.what.remote.ip != source || f.since >= since) continue;
    since = f.since;
    oldest = &id;
  }
  if (oldest == nullptr) return false;
  close(*oldest, "too many connections of " + source.to_string());
  return true;
}

void flow_table::opened(flow_id id, const socket_address& local, time_point now) {
  flow* f = find(id);
  if (f == nullptr || f->open) return;
  f->open = true;
  f->what.local = local;
  f->since = f->active = now;
  for (std::string& bytes : std::exchange(f->waiting, {}))
    out_.emplace_back(sip::transmit{{id, f->what.transport, f->what.remote}, std::move(bytes)});
  f->waiting_bytes = 0;
  plan_ping(*f, now);
  arm(id, *f);
  settle_waiters(id, {});
}

void flow_table::gone(flow_id id, const std::string& why) {
  if (find(id) != nullptr) remove(id, why);
}

void flow_table::close(flow_id id, std::string why) {
  if (find(id) == nullptr) return;
  out_.emplace_back(close_flow{id, why});
  remove(id, why);
}

void flow_table::remove(flow_id id, const std::string& why) {
  const auto at = flows_.find(id);
  flow f = std::move(at->second);
  timers_.cancel(f.timer);
  unfinished_.set(f.share, 0);
  for (const socket_address& address : f.addresses) {
    const auto [first, last] = by_remote_.equal_range({f.what.transport, address});
    const auto mine =
        std::find_if(first, last, [&](const auto& entry) { return entry.second == id; });
    if (mine != last) by_remote_.erase(mine);
  }
  if (!f.ours()) {
    const auto count = accepted_.find(f.what.remote.ip);
    if (--count->second == 0) accepted_.erase(count);
  }
  flows_.erase(at);
  lost_.push_back({id, f.what.transport, f.what.remote, f.server_name, f.open, why});
  settle_waiters(id, why);
}

bool flow_table::receive(flow_id id, std::string_view segment, time_point now) {
  flow* f = find(id);
  if (f == nullptr) return false;
  f->active = now;
  if (f->pong != never) plan_ping(*f, now);  // any byte shows that the peer lives
  f->stream.receive(segment);
  return true;
}

std::optional<flow_table::framed> flow_table::next_message(flow_id id, time_point now) {
  flow* f = find(id);
  if (f == nullptr) return std::nullopt;
  auto bytes = f->stream.poll();
  for (unsigned n = std::min(f->stream.take_pings(), flow_limits::max_pongs); n > 0; --n)
    put(id, *f, "\r\n", now);
  if (f->stream.broken() != nullptr) return framed{bytes.value_or(""), f->stream.broken()};
  if (bytes) {
    f->spoke = true;
    f->incomplete = never;
    return framed{std::move(*bytes), nullptr};
  }
  if (!f->stream.waiting())
    f->incomplete = never;
  else if (f->incomplete == never)
    f->incomplete = now;
  unfinished_.set(f->share, 0);
  if (!unfinished_.has_room(f->stream.buffered())) {
    close(id, "too much is unfinished on all connections");
    return std::nullopt;
  }
  unfinished_.set(f->share, f->stream.buffered());
  arm(id, *f);
  return std::nullopt;
}

// --- waiting for one to open

flow_table::waiter_id flow_table::when_settled(flow_id id, call_id owner, settled f) {
  waiters_.push_back({++last_waiter_, id, owner, std::move(f)});
  return last_waiter_;
}

void flow_table::forget(waiter_id id) {
  std::erase_if(waiters_, [&](const waiter& w) { return w.id == id; });
}

void flow_table::settle_waiters(flow_id id, const std::string& why) {
  const auto mine = std::stable_partition(waiters_.begin(), waiters_.end(),
                                          [&](const waiter& w) { return w.flow != id; });
  for (auto it = mine; it != waiters_.end(); ++it)
    ready_.push_back({it->owner, [then = std::move(it->then), why] { then(why); }});
  waiters_.erase(mine, waiters_.end());
}

std::optional<deferred> flow_table::poll_ready() {
  if (ready_.empty()) return std::nullopt;
  deferred one = std::move(ready_.front());
  ready_.pop_front();
  return one;
}

std::optional<lost_flow> flow_table::poll_lost() {
  if (lost_.empty()) return std::nullopt;
  lost_flow one = std::move(lost_.front());
  lost_.pop_front();
  return one;
}

// --- time

/// RFC 5626 section 4.4.1: random, 80 to 100 % of the interval.
void flow_table::plan_ping(flow& f, time_point now) {
  f.pong = never;
  if (!f.ours()) return;
  const auto fifth = static_cast<std::uint64_t>((flow_limits::ping_interval / 5).count());
  f.ping = now + flow_limits::ping_interval -
           duration(static_cast<duration::rep>(random_.below(fifth + 1)));
}

time_point flow_table::due(const flow& f) {
  if (!f.open) return f.since + flow_limits::open_patience;
  time_point t = std::min(f.active + flow_limits::idle, std::min(f.ping, f.pong));
  if (f.incomplete != never) t = std::min(t, f.incomplete + flow_limits::message_patience);
  if (!f.ours() && !f.spoke) t = std::min(t, f.since + flow_limits::message_patience);
  return t;
}

/// A timer that is armed for an earlier moment looks again when it fires.
void flow_table::arm(flow_id id, flow& f) {
  const time_point t = due(f);
  if (t >= f.armed) return;
  timers_.cancel(f.timer);
  f.armed = t;
  f.timer = timers_.schedule(t, id);
}

void flow_table::handle_timeout(time_point now) {
  while (const auto id = timers_.pop(now)) {
    flow* f = find(*id);
    if (f == nullptr) continue;
    f->timer = timer_id::none;
    f->armed = never;
    expire(*id, *f, now);
    if (flow* still = find(*id)) arm(*id, *still);
  }
}

void flow_table::expire(flow_id id, flow& f, time_point now) {
  const auto over = [now](time_point t) { return t <= now; };
  if (!f.open) {
    if (over(f.since + flow_limits::open_patience)) close(id, "no connection in time");
  } else if (over(f.pong)) {
    close(id, "no answer to a keep-alive");
  } else if (f.incomplete != never && over(f.incomplete + flow_limits::message_patience)) {
    close(id, "a message that was begun did not end in time");
  } else if (!f.ours() && !f.spoke && over(f.since + flow_limits::message_patience)) {
    close(id, "no message came");
  } else if (over(f.active + flow_limits::idle) && !f.needed()) {
    close(id, "idle");
  } else if (over(f.ping)) {
    f.ping = never;
    if (!f.needed()) return plan_ping(f, now);
    const time_point was = f.active;
    put(id, f, "\r\n\r\n", now);
    f.stream.expect_pong();
    f.active = was;
    f.pong = now + flow_limits::pong_patience;
  } else if (over(f.active + flow_limits::idle)) {
    f.active = now;  // needed: looked at again later
  }
}

}  // namespace sipvoice::call
