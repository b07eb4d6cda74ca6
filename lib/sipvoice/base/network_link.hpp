// One direction of a network path: what it does to a datagram is decided by its impairment and one
// random source, so that the same seed gives the same network.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sipvoice/base/random.hpp"
#include "sipvoice/base/time.hpp"

namespace sipvoice {

struct impairment {
  duration delay = std::chrono::milliseconds(1);  ///< of every datagram
  duration jitter{};     ///< added, uniform in [0, jitter]; order is kept unless `reorder`
  double loss = 0;       ///< share of datagrams lost, 0..1
  double burst = 1;      ///< mean length of a run of losses, in datagrams; 1: independent
  double duplicate = 0;  ///< share that arrives twice
  double reorder = 0;    ///< share that is held back by `reorder_by`, past those behind it
  duration reorder_by = std::chrono::milliseconds(30);
  std::uint64_t bits_per_second = 0;                    ///< serialisation rate; 0: no limit
  duration max_queue = std::chrono::milliseconds(200);  ///< longer waiting for the line: dropped
};

/// Where the copies of one datagram arrive: none (lost), one, or two (duplicated).
struct arrivals {
  int count = 0;
  time_point at[2];
};

struct link_counters {
  std::uint64_t sent = 0, lost = 0, duplicated = 0, reordered = 0, overflowed = 0;
};

class network_link {
 public:
  explicit network_link(const impairment& how) : how_(how) {}
  void set(const impairment& how) { how_ = how; }
  [[nodiscard]] const impairment& how() const { return how_; }
  [[nodiscard]] const link_counters& counters() const { return counters_; }

  /// Puts a datagram of `bytes` on the line at `now`.
  [[nodiscard]] arrivals send(std::size_t bytes, time_point now, random_source& random);

 private:
  [[nodiscard]] bool loses(random_source& random);

  impairment how_;
  link_counters counters_;
  bool in_burst_ = false;
  time_point line_free_{};     // when the last datagram has left the line
  time_point last_arrival_{};  // keeps jitter from reordering
};

}  // namespace sipvoice
