// One world, three parties, a few dozen calls that overlap, and everything that can go wrong
// between them. A batch is a function of its options: the same seed gives the same trace byte for
// byte.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ledger.hpp"

namespace soak {

struct batch_options {
  std::uint64_t seed = 1;
  unsigned calls = 50;
  std::optional<double> loss;  ///< nothing: drawn from the seed
  bool with_media = false;     ///< G.711 frames go to and fro; else signalling alone
  /// Every SIP message as a line of the ladder; unset: no lines are made.
  std::function<void(const std::string& line, const std::string& sip_call_id)> trace;
};

struct batch_report {
  std::vector<violation> violations;
  std::map<std::string, std::uint64_t> outcomes;  ///< see outcome()
  std::map<std::string, std::uint64_t> happened;  ///< in the middle of calls
  std::uint64_t calls = 0;       ///< that were dialled; scripts of a crashed machine count too
  std::uint64_t with_sound = 0;  ///< calls with media that heard each other
  std::uint64_t messages = 0, lost = 0;  ///< SIP datagrams sent; those that the network lost
  std::uint64_t events = 0;              ///< of the world
  duration lasted{};                     ///< virtual
};

/// Runs it to the very end: until nothing is under way and no timer stands.
[[nodiscard]] batch_report run_batch(const batch_options& options);

}  // namespace soak
