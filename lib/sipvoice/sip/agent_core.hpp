// What both sides of a user agent share: configuration, timers, counters and the queue of outputs.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "sipvoice/base/output_queue.hpp"
#include "sipvoice/base/timer_heap.hpp"
#include "sipvoice/sip/keyed_hash.hpp"
#include "sipvoice/sip/user_agent.hpp"

namespace sipvoice::sip {

/// Whose deadline it is.
struct due {
  bool server = false;
  std::uint64_t number = 0;
};

/// The one deadline that a transaction has in the heap.
struct armed_timer {
  timer_id id = timer_id::none;
  time_point at = never;
};

struct agent_core {
  agent_core(user_agent_config c, random_source& r) : config(std::move(c)), random(r), secret(r) {
    // A repetition without an interval would never let handle_timeout() return.
    config.timers.t1 = std::max(config.timers.t1, shortest_interval);
    config.timers.t2 = std::max(config.timers.t2, config.timers.t1);
  }
  static constexpr duration shortest_interval = std::chrono::milliseconds(1);

  user_agent_config config;
  random_source& random;
  keyed_hash secret;  ///< of the tables, and of tags without a transaction
  user_agent_counters counters{};
  timer_heap<due> timers{};
  output_queue<user_agent_output> out{};

  void send(const hop& to, std::string bytes) { out.emplace_back(transmit{to, std::move(bytes)}); }
  /// Moves the deadline of a transaction to `at`; `never` takes it out.
  void arm(armed_timer& timer, time_point at, due whose) {
    if (timer.at == at) return;
    if (timer.at != never) timers.cancel(timer.id);
    timer.at = at;
    timer.id = at == never ? timer_id::none : timers.schedule(at, whose);
  }
};

}  // namespace sipvoice::sip
