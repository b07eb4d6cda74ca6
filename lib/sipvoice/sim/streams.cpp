#include "sipvoice/sim/streams.hpp"

#include <algorithm>

#include "sipvoice/sim/world.hpp"

namespace sipvoice::sim {
namespace {

constexpr std::size_t header_bytes = 40;
constexpr std::uint64_t first_port = 32768, ports = 28000;

/// How long the next segment may be: whole ones most often, now and then single bytes.
std::size_t draw_length(random_source& random, std::uint64_t style) {
  constexpr std::size_t most = stream_network::largest_segment;
  switch (style) {
    case 0:
      return random.below(3) == 0 ? most : 1;
    case 1:
      return 1 + random.below(60);
    case 2:
    case 3:
      return 1 + random.below(most);
    default:
      return most;
  }
}

}  // namespace

stream_network::side* stream_network::find(stream_end e) {
  const auto at = connections_.find(number_of(e));
  return at == connections_.end() ? nullptr : &at->second.sides[side_of(e)];
}

stream_end stream_network::connect(host& h, const ip_address& from, const socket_address& to) {
  const std::uint64_t number = ++last_;
  connection& c = connections_[number];
  c.sides[0].owner = &h;
  c.sides[0].address = {from, static_cast<std::uint16_t>(first_port + number % ports)};
  c.sides[1].address = to;
  const stream_end e{number * 2};
  put(e, kind::syn, {});
  return e;
}

void stream_network::write(stream_end end, std::string_view bytes) {
  side* s = find(end);
  if (s == nullptr || s->owner == nullptr || bytes.empty()) return;
  const side& peer = *find(other(end));
  s->bytes_written += bytes.size();
  if (world_.watches_arrivals()) s->messages.push_back({s->bytes_written, std::string(bytes)});
  s->unsent += bytes;
  if (!std::exchange(s->cutting, true)) world_.at(world_.now(), [this, end] { cut(end); });
  world_.show({world_.now(), s->address, peer.address, bytes, 1, true});
}

void stream_network::close(stream_end end) {
  side* s = find(end);
  if (s == nullptr || s->owner == nullptr) return;
  if (s->next_wanted == 0) {  // not up yet: what comes back is answered by a reset
    s->unsent.clear();
    s->under_way.clear();
  } else {
    cut(end);
    put(end, kind::fin, {});
  }
  s->owner = nullptr;
  forget_if_over(end);
}

void stream_network::detach(const host& h) {
  std::vector<stream_end> gone;
  for (auto& [number, c] : connections_)
    for (unsigned i = 0; i < 2; ++i) {
      side& s = c.sides[i];
      if (s.owner != &h) continue;
      s.owner = nullptr;
      s.unsent.clear();
      s.under_way.clear();
      gone.push_back(stream_end{number * 2 + i});
    }
  for (const stream_end e : gone) forget_if_over(e);
}

void stream_network::forget_if_over(stream_end e) {
  const auto at = connections_.find(number_of(e));
  if (at == connections_.end()) return;
  for (const side& s : at->second.sides)
    if (s.owner != nullptr || !s.under_way.empty() || !s.unsent.empty()) return;
  connections_.erase(at);
}

// --- sending

void stream_network::cut(stream_end from) {
  side* s = find(from);
  if (s == nullptr) return;
  s->cutting = false;
  const std::string bytes = std::exchange(s->unsent, {});
  if (bytes.empty()) return;
  const std::uint64_t style = world_.random().below(8);
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t n = std::min(draw_length(world_.random(), style), bytes.size() - at);
    put(from, kind::data, bytes.substr(at, n));
    at += n;
  }
}

void stream_network::put(stream_end from, kind what, std::string bytes) {
  side& s = *find(from);
  const std::uint64_t number = s.next_number++;
  parcel& p = s.under_way[number];
  p.what = what;
  p.bytes = std::move(bytes);
  p.first_sent = world_.now();
  transmit(from, number);
}

void stream_network::transmit(stream_end from, std::uint64_t number) {
  side* s = find(from);
  if (s == nullptr || !s->under_way.contains(number)) return;
  const std::size_t bytes = s->under_way.at(number).bytes.size() + header_bytes;
  const arrivals when = world_.carry(s->address.ip, find(other(from))->address.ip, bytes);
  if (when.count == 0) return again(from, number);
  world_.at(when.at[0], [this, to = other(from), number] { arrived(to, number); });
}

void stream_network::again(stream_end from, std::uint64_t number) {
  parcel& p = find(from)->under_way.at(number);
  const time_point when = world_.now() + p.retry;
  p.retry = std::min(2 * p.retry, longest_retry);
  if (when > p.first_sent + patience) {
    world_.at(std::max(world_.now(), p.first_sent + patience), [this, from, number] {
      const side* s = find(from);
      if (s != nullptr && s->under_way.contains(number)) end(from, "timed out");
    });
    return;
  }
  world_.at(when, [this, from, number] { transmit(from, number); });
}

// --- receiving

void stream_network::arrived(stream_end to, std::uint64_t number) {
  side* s = find(to);
  side* sender = find(other(to));
  if (s == nullptr || !sender->under_way.contains(number)) return;
  const bool asks = sender->under_way.at(number).what == kind::syn && side_of(to) == 1;
  if (s->owner == nullptr && !asks) {
    if (world_.host_at(s->address.ip) == nullptr || !reset(to, "reset by peer"))
      again(other(to), number);
    return;
  }
  if (asks && s->owner == nullptr) return take_syn(to);
  auto node = sender->under_way.extract(number);
  s->early.insert(std::move(node));
  deliver(to);
}

/// The first thing that comes to the side that was asked.
void stream_network::take_syn(stream_end to) {
  side& s = *find(to);
  const side& peer = *find(other(to));
  host* h = world_.host_at(s.address.ip);
  if (h == nullptr) return again(other(to), 0);
  s.owner = h;  // it may write and close at once
  s.next_wanted = 1;
  put(to, kind::syn, {});
  if (h->stream_offered(to, s.address, peer.address, world_.now())) {
    if (side* sender = find(other(to))) sender->under_way.erase(0);
    return deliver(to);
  }
  if (side* still = find(to)) {
    const socket_address kept = still->address;
    *still = {};
    still->address = kept;
  }
  if (find(to) != nullptr && !reset(to, "refused")) again(other(to), 0);
}

void stream_network::deliver(stream_end to) {
  std::string segment;
  while (side* s = find(to)) {
    const auto at = s->early.find(s->next_wanted);
    if (at == s->early.end() || s->owner == nullptr) break;
    parcel p = std::move(at->second);
    s->early.erase(at);
    ++s->next_wanted;
    if (p.what == kind::data) {
      segment += p.bytes;
      continue;
    }
    hand_over(to, std::exchange(segment, {}));
    s = find(to);
    if (s == nullptr || s->owner == nullptr) break;
    if (p.what == kind::fin) return end(to, "closed by peer");
    s->owner->stream_opened(to, s->address, world_.now());
  }
  hand_over(to, std::move(segment));
  forget_if_over(to);
}

void stream_network::hand_over(stream_end to, std::string segment) {
  side* s = find(to);
  if (segment.empty() || s == nullptr || s->owner == nullptr) return;
  side* sender = find(other(to));
  s->bytes_heard += segment.size();
  while (!sender->messages.empty() && sender->messages.front().up_to <= s->bytes_heard) {
    const written w = std::move(sender->messages.front());
    sender->messages.pop_front();
    world_.show_arrival({world_.now(), sender->address, s->address, w.bytes, 1, true});
  }
  s->owner->stream_received(to, segment, world_.now());
}

// --- the end

bool stream_network::reset(stream_end from, const char* why) {
  const side& s = *find(from);
  const arrivals when = world_.carry(s.address.ip, find(other(from))->address.ip, header_bytes);
  if (when.count == 0) return false;
  world_.at(when.at[0], [this, to = other(from), why] { end(to, why); });
  return true;
}

void stream_network::end(stream_end e, const std::string& why) {
  side* s = find(e);
  if (s == nullptr) return;
  host* h = std::exchange(s->owner, nullptr);
  s->unsent.clear();
  s->under_way.clear();
  if (h != nullptr) h->stream_ended(e, why, world_.now());
  forget_if_over(e);
}

}  // namespace sipvoice::sim
