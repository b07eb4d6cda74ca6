#include "sipvoice/call/source_limiter.hpp"

#include <algorithm>

namespace sipvoice::call {

bool in_block(const ip_address& a, const ip_address& network, int bits) {
  if (a.is_v6() != network.is_v6()) return false;
  // IPv4 addresses stand in their mapped form: their 32 bits are the last of 128.
  int left = std::clamp(bits, 0, a.is_v6() ? 128 : 32) + (a.is_v6() ? 0 : 96);
  for (std::size_t i = 0; i < 16 && left > 0; ++i, left -= 8) {
    const auto mask = static_cast<std::uint8_t>(left >= 8 ? 0xff : 0xff << (8 - left));
    if (((a.bytes()[i] ^ network.bytes()[i]) & mask) != 0) return false;
  }
  return true;
}

bool source_limiter::is_exempt(const ip_address& source) const {
  if (config_.rate == 0) return true;
  if (source.is_loopback() && !config_.includes_loopback) return true;
  return std::any_of(config_.exempt.begin(), config_.exempt.end(), [&](const auto& block) {
    return in_block(source, block.first, block.second);
  });
}

source_limiter::bucket& source_limiter::find(const ip_address& source, time_point now) {
  if (const auto known = buckets_.find(source); known != buckets_.end()) {
    order_.splice(order_.begin(), order_, known->second);
    return order_.front();
  }
  if (buckets_.size() >= max_sources) {
    buckets_.erase(order_.back().source);
    order_.pop_back();
  }
  order_.push_front({source, 2.0 * config_.rate, now, config_.rate, false});
  buckets_.emplace(source, order_.begin());
  return order_.front();
}

source_limiter::verdict source_limiter::judge(const ip_address& source, time_point now) {
  if (is_exempt(source)) return verdict::pass;
  bucket& b = find(source, now);
  const double burst = 2.0 * config_.rate;
  const double seconds = std::chrono::duration<double>(now - b.filled_at).count();
  b.tokens = std::min(burst, b.tokens + seconds * config_.rate);
  b.filled_at = now;
  if (b.limited && b.tokens >= burst) {
    b.limited = false;
    b.refusals_left = config_.rate;
  }
  // A hair below one still counts: refilling adds up rounded fractions.
  if (b.tokens >= 1.0 - 1e-6) {
    b.tokens -= 1.0;
    return verdict::pass;
  }
  if (!b.limited) {
    b.limited = true;
    note(source, now);
  }
  if (b.refusals_left == 0) return verdict::silence;
  --b.refusals_left;
  return verdict::refuse;
}

void source_limiter::note(const ip_address& source, time_point now) {
  if (logged_at_ && now - *logged_at_ < log_interval) {
    ++unlogged_;
    return;
  }
  logged_at_ = now;
  line_ = "source limiter: " + source.to_string() + " sends more than " +
          std::to_string(config_.rate) + " requests a second (--source-rate): 503, then silence";
  if (unlogged_ > 0)
    line_ += "; so did " + std::to_string(unlogged_) + " others since the last line";
  unlogged_ = 0;
}

std::optional<std::string> source_limiter::take_log_line() {
  if (line_.empty()) return std::nullopt;
  return std::exchange(line_, {});
}

}  // namespace sipvoice::call
