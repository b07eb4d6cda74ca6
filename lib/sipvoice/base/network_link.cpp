#include "sipvoice/base/network_link.hpp"

#include <algorithm>

namespace sipvoice {
namespace {

bool chance(double p, random_source& random) {
  if (p <= 0) return false;
  if (p >= 1) return true;
  // 53 bits, as a double holds them: the same on every machine.
  return static_cast<double>(random.next() >> 11) * 0x1.0p-53 < p;
}

}  // namespace

// Gilbert's model with two states: in a burst everything is lost. With a mean burst of b and a loss
// of p, a burst ends with probability 1/b and begins with p / (b (1 - p)).
bool network_link::loses(random_source& random) {
  if (how_.loss <= 0) return false;
  if (how_.loss >= 1) return true;
  if (how_.burst <= 1) return chance(how_.loss, random);
  if (in_burst_) {
    in_burst_ = !chance(1 / how_.burst, random);
  } else {
    in_burst_ = chance(how_.loss / (how_.burst * (1 - how_.loss)), random);
  }
  return in_burst_;
}

arrivals network_link::send(std::size_t bytes, time_point now, random_source& random) {
  ++counters_.sent;
  time_point leaves = now;
  if (how_.bits_per_second != 0) {
    leaves = std::max(line_free_, now);
    if (leaves - now > how_.max_queue) {
      ++counters_.overflowed;
      return {};
    }
    const auto bits = static_cast<std::uint64_t>(bytes) * 8;
    leaves += duration(static_cast<duration::rep>(bits * 1'000'000'000 / how_.bits_per_second));
    line_free_ = leaves;
  }
  if (loses(random)) {
    ++counters_.lost;
    return {};
  }
  time_point at = leaves + how_.delay;
  if (how_.jitter > duration::zero())
    at += duration(static_cast<duration::rep>(
        random.below(static_cast<std::uint64_t>(how_.jitter.count()) + 1)));
  if (chance(how_.reorder, random)) {
    ++counters_.reordered;
    at += how_.reorder_by;
  } else {
    at = std::max(at, last_arrival_);
    last_arrival_ = at;
  }
  arrivals result{1, {at, at}};
  if (chance(how_.duplicate, random)) {
    ++counters_.duplicated;
    result.count = 2;
  }
  return result;
}

}  // namespace sipvoice
