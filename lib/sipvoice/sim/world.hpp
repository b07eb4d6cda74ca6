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
#include "sipvoice/sim/link.hpp"

namespace sipvoice::sim {

class world;

/// Something with an IP address in the world.
class host {
 public:
  virtual ~host() = default;
  /// A datagram for one of the ports of this host.
  virtual void receive(const socket_address& to, const socket_address& from, std::string bytes,
                       time_point now) = 0;
  /// Runs everything that is due at `now`.
  virtual void handle_timeout(time_point now) = 0;
  [[nodiscard]] virtual time_point next_deadline() const = 0;
};

/// A datagram as the network sees it: when it is sent, or when it arrives.
struct passing {
  time_point at{};
  socket_address from, to;
  std::string_view bytes;
  int copies = 1;  ///< of one that is sent: how many will arrive; 0: the link has lost it
};

class world {
 public:
  explicit world(std::uint64_t seed);

  [[nodiscard]] time_point now() const { return now_; }
  [[nodiscard]] random_source& random() { return random_; }

  /// Hosts are not owned; they outlive the world's last step. One host an address.
  void attach(const ip_address& address, host& h);
  /// Datagrams to it vanish from now on, as those of a machine that lost its power.
  void detach(const ip_address& address);

  /// Both directions between all hosts that no set_path() names.
  void set_default(const impairment& how) { default_ = how; }
  /// One direction. Signalling and media share the path.
  void set_path(const ip_address& from, const ip_address& to, const impairment& how);
  [[nodiscard]] const link_counters* counters(const ip_address& from, const ip_address& to) const;
  /// Told of every datagram when it is sent, whether it is lost or not.
  void on_passing(std::function<void(const passing&)> tap) { tap_ = std::move(tap); }
  /// Told of every datagram that reaches a host, before the host sees it.
  void on_arrival(std::function<void(const passing&)> tap) { arrival_tap_ = std::move(tap); }

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
  void push(event e);
  network_link& path(const ip_address& from, const ip_address& to);
  void run_timer(host& h);

  seeded_random random_;
  time_point now_{};
  std::uint64_t sequence_ = 0, events_ = 0;
  impairment default_;
  std::vector<event> queue_;  // a heap
  std::unordered_map<ip_address, host*> hosts_;
  std::unordered_map<host*, time_point> armed_;  // its earliest timer event in the queue
  std::map<std::pair<ip_address, ip_address>, network_link> paths_;
  std::function<void(const passing&)> tap_, arrival_tap_;
};

}  // namespace sipvoice::sim
