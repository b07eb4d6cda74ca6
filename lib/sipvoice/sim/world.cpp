#include "sipvoice/sim/world.hpp"

#include <algorithm>
#include <utility>

namespace sipvoice::sim {
namespace {

void set_in(auto& paths, const ip_address& from, const ip_address& to, const impairment& how) {
  const auto [it, added] = paths.try_emplace({from, to}, how);
  if (!added) it->second.set(how);
}

const link_counters* counters_in(const auto& paths, const ip_address& from, const ip_address& to) {
  const auto it = paths.find({from, to});
  return it == paths.end() ? nullptr : &it->second.counters();
}

}  // namespace

world::world(std::uint64_t seed) : random_(seed) {}

void world::attach(const ip_address& address, host& h) {
  hosts_[address] = &h;
  touch(h);
}

void world::detach(const ip_address& address) {
  const auto it = hosts_.find(address);
  if (it == hosts_.end()) return;
  host& h = *it->second;
  armed_.erase(&h);
  hosts_.erase(it);
  streams_.detach(h);
}

host* world::host_at(const ip_address& address) const {
  const auto it = hosts_.find(address);
  return it == hosts_.end() ? nullptr : it->second;
}

arrivals world::carry(const ip_address& from, const ip_address& to, std::size_t bytes) {
  return path(from, to).send(bytes, now_, random_of(from));
}

random_source& world::random_of(const ip_address& from) {
  const auto own = seeds_.find(from);
  return own != seeds_.end() ? own->second : random_;
}

void world::show(const passing& p) const {
  if (tap_) tap_(p);
}

void world::show_arrival(const passing& p) const {
  if (arrival_tap_) arrival_tap_(p);
}

void world::set_path(const ip_address& from, const ip_address& to, const impairment& how) {
  set_in(paths_, from, to, how);
}

void world::set_media_path(const ip_address& from, const ip_address& to, const impairment& how) {
  set_in(media_paths_, from, to, how);
}

const link_counters* world::counters(const ip_address& from, const ip_address& to) const {
  return counters_in(paths_, from, to);
}

const link_counters* world::media_counters(const ip_address& from, const ip_address& to) const {
  return counters_in(media_paths_, from, to);
}

network_link& world::path(const ip_address& from, const ip_address& to) {
  return paths_.try_emplace({from, to}, default_).first->second;
}

network_link& world::path_of_datagram(const socket_address& from, const ip_address& to) {
  if (from.port >= first_media_port)
    if (const auto it = media_paths_.find({from.ip, to}); it != media_paths_.end())
      return it->second;
  return path(from.ip, to);
}

void world::push(event e) {
  e.sequence = sequence_++;
  queue_.push_back(std::move(e));
  std::push_heap(queue_.begin(), queue_.end(), later{});
}

void world::send(const socket_address& from, const socket_address& to, std::string_view bytes) {
  const arrivals when = path_of_datagram(from, to.ip).send(bytes.size(), now_, random_of(from.ip));
  show({now_, from, to, bytes, when.count});
  for (int i = 0; i < when.count; ++i) {
    event e;
    e.at = when.at[i];
    e.from = from;
    e.to = to;
    e.bytes = std::string(bytes);
    push(std::move(e));
  }
}

void world::touch(host& h) {
  const time_point deadline = std::max(h.next_deadline(), now_);
  if (deadline == never) return;
  const auto [it, added] = armed_.try_emplace(&h, never);
  if (deadline >= it->second) return;
  it->second = deadline;
  event e;
  e.at = deadline;
  e.timer_of = &h;
  push(std::move(e));
}

void world::at(time_point when, std::function<void()> f) {
  event e;
  e.at = std::max(when, now_);
  e.call = std::move(f);
  push(std::move(e));
}

void world::run_timer(host& h) {
  const auto it = armed_.find(&h);
  // A host that was detached, or whose timer was moved to an earlier event since.
  if (it == armed_.end() || it->second > now_) return;
  it->second = never;
  if (h.next_deadline() <= now_) h.handle_timeout(now_);
  touch(h);
}

bool world::step(time_point limit) {
  if (queue_.empty() || queue_.front().at > limit) return false;
  std::pop_heap(queue_.begin(), queue_.end(), later{});
  event e = std::move(queue_.back());
  queue_.pop_back();
  now_ = e.at;
  ++events_;
  if (e.call) {
    e.call();
  } else if (e.timer_of != nullptr) {
    run_timer(*e.timer_of);
  } else if (const auto it = hosts_.find(e.to.ip); it != hosts_.end()) {
    host& h = *it->second;
    const passing p{now_, e.from, e.to, e.bytes};
    if (taken_ && taken_(p)) return true;
    show_arrival(p);
    h.receive(e.to, e.from, std::move(e.bytes), now_);
    touch(h);
  }
  return true;
}

void world::run_until(time_point limit) {
  while (step(limit)) {
  }
  now_ = std::max(now_, limit);
}

bool world::run_until(const std::function<bool()>& done, time_point limit) {
  while (!done())
    if (!step(limit)) return done();
  return true;
}

}  // namespace sipvoice::sim
