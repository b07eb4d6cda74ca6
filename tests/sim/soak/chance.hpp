// Chance as scripts are drawn from it.
#pragma once

#include <cstdint>

#include "sipvoice/base/random.hpp"
#include "sipvoice/base/time.hpp"

namespace soak {

using namespace sipvoice;

class chance {
 public:
  explicit chance(random_source& random) : random_(random) {}
  [[nodiscard]] bool one_in(std::uint64_t n) { return random_.below(n) == 0; }
  [[nodiscard]] bool percent(unsigned p) { return random_.below(100) < p; }
  [[nodiscard]] std::uint64_t below(std::uint64_t n) { return random_.below(n); }
  /// In whole milliseconds, so that things often fall into the same moment.
  [[nodiscard]] duration between(duration low, duration high) {
    return low +
           std::chrono::milliseconds(below(static_cast<std::uint64_t>(to_ms(high - low)) + 1));
  }

 private:
  random_source& random_;
};

}  // namespace soak
