// The questions of the resolver that are open, without a socket: which go out, which are answered
// from the cache, and when one has waited enough.
//
//   ask(ticket, query, now)          told by poll_told(), once, by its deadline at the latest
//   poll_start() -> run              ask the servers, then answered(run, ...) once, however late
//   next_deadline(), handle_timeout()
//
// The same question is asked once for all who want to know. No more than `max_running` are asked at
// a time, so others wait for their turn; a deadline counts from ask(). A server's answer that comes
// after the deadline is told to nobody, but kept in the cache.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

#include "sipvoice/base/timer_heap.hpp"
#include "sipvoice/io/dns_cache.hpp"

namespace sipvoice::io {

struct dns_limits {
  std::size_t max_running = 256;   ///< asked and not yet answered or given up by the servers' side
  std::size_t max_open = 100'000;  ///< who want to know; past it `not_asked`
  /// For one question. Less than half of what a lookup of three rounds has, so that a server that
  /// drops only questions of one type does not end it.
  duration patience = std::chrono::seconds(4);
};

class dns_desk {
 public:
  using ticket = std::uint64_t;
  enum class run_id : std::uint64_t {};
  struct start {
    run_id run{};
    sip::dns_query query;
  };
  struct told {
    ticket who = 0;
    sip::dns_reply reply;
  };

  explicit dns_desk(dns_limits limits = {}) : limits_(limits) {}

  void ask(ticket who, const sip::dns_query& query, time_point now);
  /// Known without the servers.
  void tell(ticket who, sip::dns_reply reply) { told_.push_back({who, std::move(reply)}); }
  void answered(run_id run, const sip::timed_reply& answer, time_point now);
  void handle_timeout(time_point now);
  [[nodiscard]] time_point next_deadline() const { return timers_.next(); }
  [[nodiscard]] std::optional<start> poll_start();
  [[nodiscard]] std::optional<told> poll_told();
  [[nodiscard]] bool has_told() const { return !told_.empty(); }

  [[nodiscard]] std::size_t running() const { return running_.size(); }
  [[nodiscard]] std::size_t open() const { return waiting_; }
  [[nodiscard]] const dns_cache& cache() const { return cache_; }

 private:
  struct question {
    std::vector<ticket> who;
    timer_id timer = timer_id::none;
    bool in_line = true;  ///< has not been asked
  };
  void close(const sip::dns_query& query, const sip::dns_reply& reply);

  dns_limits limits_;
  dns_cache cache_;
  std::uint64_t last_run_ = 0;
  std::size_t waiting_ = 0;
  std::unordered_map<sip::dns_query, question, dns_query_hash> open_;
  std::deque<sip::dns_query> line_;
  std::unordered_map<run_id, sip::dns_query> running_;
  timer_heap<sip::dns_query> timers_;
  std::deque<told> told_;
};

}  // namespace sipvoice::io
