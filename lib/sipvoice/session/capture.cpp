#include "sipvoice/session/capture.hpp"

#include <algorithm>

namespace sipvoice::session {

capture_sink::capture_sink(std::uint32_t sample_rate)
    : limit_(static_cast<std::size_t>(sample_rate) * max_capture_seconds) {
  samples_.reserve(limit_);
}

void capture_sink::write(std::span<const std::int16_t> heard, std::span<const std::int16_t>) {
  const std::size_t n = std::min(heard.size(), limit_ - samples_.size());
  samples_.insert(samples_.end(), heard.begin(), heard.begin() + static_cast<std::ptrdiff_t>(n));
}

}  // namespace sipvoice::session
