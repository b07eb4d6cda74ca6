// The simulated shell: nodes with addresses, a network between them, and one virtual clock.
//
// A world is a deterministic object: events are ordered by (time, sequence), and everything random
// comes from its seed. Nodes run the protocol code that the sockets run: an endpoint, and media
// sessions in line. What a node does with its calls is its application's business.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sipvoice/base/address.hpp"
#include "sipvoice/base/random.hpp"
#include "sipvoice/base/time.hpp"
#include "sipvoice/sim/host.hpp"
#include "sipvoice/sim/link.hpp"
#include "sipvoice/sim/streams.hpp"
#include "sipvoice/sim/zone.hpp"

namespace sipvoice::sim {

/// Datagrams that leave by this port or one above it are media to a world.
inline constexpr std::uint16_t first_media_port = 10000;

class world {
 public:
  explicit world(std::uint64_t seed);

  [[nodiscard]] time_point now() const { return now_; }
  [[nodiscard]] random_source& random() { return random_; }

  /// Hosts are not owned; they outlive the world's last step. One host an address.
  void attach(const ip_address& address, host& h);
  /// What is sent to it vanishes from now on, as with a machine that lost its power.
  void detach(const ip_address& address);
  /// nullptr: nobody.
  [[nodiscard]] host* host_at(const ip_address& address) const;

  /// Both directions between all hosts that no set_path() names.
  void set_default(const impairment& how) { default_ = how; }
  /// What becomes of the datagrams that this address sends is decided by a seed of its own.
  void set_seed(const ip_address& from, std::uint64_t seed) {
    seeds_.insert_or_assign(from, seeded_random(seed));
  }
  /// One direction. Signalling and media share the path, unless media have one of their own.
  void set_path(const ip_address& from, const ip_address& to, const impairment& how);
  /// From now on datagrams of media (see first_media_port) go by a path of their own.
  void set_media_path(const ip_address& from, const ip_address& to, const impairment& how);
  /// nullptr: nothing went there yet, and no path was set.
  [[nodiscard]] const link_counters* counters(const ip_address& from, const ip_address& to) const;
  /// Of the path of media; nullptr: they have none.
  [[nodiscard]] const link_counters* media_counters(const ip_address& from,
                                                    const ip_address& to) const;
  /// Told of every datagram when it is sent, whether it is lost or not, and of what is written to
  /// streams.
  void on_passing(std::function<void(const passing&)> tap) { tap_ = std::move(tap); }
  /// Told of every datagram that reaches a host, before the host sees it.
  void on_arrival(std::function<void(const passing&)> tap) { arrival_tap_ = std::move(tap); }

  /// Asked of every datagram before it reaches its host; true: something on the way has taken it,
  /// and neither the host nor the tap sees it.
  void on_the_way(std::function<bool(const passing&)> taken) { taken_ = std::move(taken); }

  [[nodiscard]] stream_network& streams() { return streams_; }
  [[nodiscard]] zone& names() { return names_; }

  void send(const socket_address& from, const socket_address& to, std::string_view bytes);
  /// A host's deadlines have changed: called after everything that was put into one.
  void touch(host& h);
  /// Calls `f` at `when` (now at the earliest).
  void at(time_point when, std::function<void()> f);

  /// Runs one event; false when there is none up to `limit`.
  bool step(time_point limit = never);
  void run_until(time_point limit);
  void run_for(duration d) { run_until(now_ + d); }
  /// Runs until `done()` or until `limit` has passed; tells whether it was done.
  bool run_until(const std::function<bool()>& done, time_point limit);
  [[nodiscard]] std::uint64_t events() const { return events_; }
  /// Nothing is under way and no host waits for anything: the world will never change by itself.
  [[nodiscard]] bool is_idle() const { return queue_.empty(); }

  // --- for stream_network
  /// Puts so many bytes on the path now.
  [[nodiscard]] arrivals carry(const ip_address& from, const ip_address& to, std::size_t bytes);
  [[nodiscard]] bool watches_arrivals() const { return arrival_tap_ != nullptr; }
  void show(const passing& p) const;
  void show_arrival(const passing& p) const;

 private:
  struct event {
    time_point at{};
    std::uint64_t sequence = 0;
    socket_address from, to;
    std::string bytes;
    host* timer_of = nullptr;
    std::function<void()> call;
  };
  struct later {
    bool operator()(const event& a, const event& b) const {
      return a.at != b.at ? a.at > b.at : a.sequence > b.sequence;
    }
  };
  using path_map = std::map<std::pair<ip_address, ip_address>, network_link>;
  void push(event e);
  network_link& path(const ip_address& from, const ip_address& to);
  network_link& path_of_datagram(const socket_address& from, const ip_address& to);
  void run_timer(host& h);

  [[nodiscard]] random_source& random_of(const ip_address& from);

  seeded_random random_;
  std::unordered_map<ip_address, seeded_random> seeds_;
  time_point now_{};
  std::uint64_t sequence_ = 0, events_ = 0;
  impairment default_;
  std::vector<event> queue_;  // a heap
  std::unordered_map<ip_address, host*> hosts_;
  std::unordered_map<host*, time_point> armed_;  // its earliest timer event in the queue
  path_map paths_, media_paths_;
  std::function<void(const passing&)> tap_, arrival_tap_;
  std::function<bool(const passing&)> taken_;
  stream_network streams_{*this};
  zone names_;
};

}  // namespace sipvoice::sim
