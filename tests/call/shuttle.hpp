// Several endpoints that talk to one another through memory: what one sends is received by the one
// that has the address. One clock for all; nothing is lost or late.
#pragma once

#include <deque>

#include "call/support.hpp"

namespace test {

class shuttle {
 public:
  /// The n-th party is at 127.0.0.(n+1):5060.
  node& add(call::endpoint_config config = {}) {
    const auto n = static_cast<std::uint8_t>(parties_.size());
    const socket_address at{ip_address::v4(127, 0, 0, static_cast<std::uint8_t>(n + 1)), 5060};
    parties_.push_back({at, std::make_unique<node>(std::move(config), n + 1u, at)});
    node* const one = parties_.back().object.get();
    one->on_send = [this, at](const sip::transmit& t) { on_the_way_.push_back({at, t}); };
    return *one;
  }
  static std::string uri(int n) {
    return "sip:user" + std::to_string(n) + "@127.0.0." + std::to_string(n + 1);
  }

  /// Carries until nothing is on the way any more.
  void carry() {
    for (int steps = 0; !on_the_way_.empty(); ++steps) {
      if (steps == 10'000) throw std::runtime_error("the parties never stop talking");
      const auto [from, what] = on_the_way_.front();
      on_the_way_.pop_front();
      for (party& p : parties_)
        if (p.address == what.to.remote) p.object->receive(what.bytes, from);
    }
  }
  void advance(duration by) {
    const time_point end = parties_.front().object->now() + by;
    while (true) {
      carry();
      time_point next = end;
      for (party& p : parties_) next = std::min(next, p.object->endpoint().next_deadline());
      for (party& p : parties_) p.object->advance_to(next);
      carry();
      if (next == end) return;
    }
  }

 private:
  struct party {
    socket_address address;
    std::unique_ptr<node> object;
  };
  struct letter {
    socket_address from;
    sip::transmit what;
  };
  std::vector<party> parties_;
  std::deque<letter> on_the_way_;
};

}  // namespace test
