// What stands on the wire, judged without asking the endpoints: every message is well formed, and
// no request is answered twice with different final responses. A request that is sent again on
// another connection, because the first one was lost, counts as another one: over a stream nobody
// remembers what was answered (timers I and J are zero there).
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "ledger.hpp"
#include "sipvoice/sim/world.hpp"
#include "sipvoice/sip/message.hpp"

namespace soak {

class wire_watch {
 public:
  explicit wire_watch(std::vector<violation>& violations) : violations_(violations) {}

  /// A datagram that a process sends. `process`: no two processes share the number; one that was
  /// started anew may answer a repeated request otherwise than the one before it.
  /// The message, if it is one.
  std::optional<sip::message> sent(const sim::passing& p, unsigned process);

  [[nodiscard]] std::uint64_t messages() const { return messages_; }
  [[nodiscard]] std::uint64_t lost() const { return lost_; }

 private:
  void judge_final(const sip::message& m, const std::string& sender);

  std::vector<violation>& violations_;
  std::unordered_map<std::string, std::string> finals_;  // by sender, branch, method
  std::uint64_t messages_ = 0, lost_ = 0;
};

}  // namespace soak
