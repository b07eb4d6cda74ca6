#include "sipvoice/scenario/ear.hpp"

#include <algorithm>

namespace sipvoice::scenario {
namespace {

constexpr float full_scale = 32768;

}  // namespace

void outline_builder::add(std::span<const std::int16_t> samples) {
  for (const std::int16_t s : samples) {
    low_ = filled_ == 0 ? s : std::min(low_, s);
    high_ = filled_ == 0 ? s : std::max(high_, s);
    if (++filled_ < piece_) continue;
    peaks_.emplace_back(low_, high_);
    filled_ = 0;
    if (peaks_.size() >= sound_outline::max_pieces) halve();
  }
}

void outline_builder::halve() {
  for (std::size_t i = 0; i + 1 < peaks_.size(); i += 2)
    peaks_[i / 2] = {std::min(peaks_[i].first, peaks_[i + 1].first),
                     std::max(peaks_[i].second, peaks_[i + 1].second)};
  peaks_.resize(peaks_.size() / 2);
  piece_ *= 2;
}

sound_outline outline_builder::take(double start_ms, std::uint32_t sample_rate) const {
  sound_outline out;
  out.start_ms = start_ms;
  out.piece_ms = static_cast<double>(piece_) * 1000 / sample_rate;
  for (const auto& [low, high] : peaks_)
    out.peaks.emplace_back(static_cast<float>(low) / full_scale,
                           static_cast<float>(high) / full_scale);
  if (filled_ > 0)
    out.peaks.emplace_back(static_cast<float>(low_) / full_scale,
                           static_cast<float>(high_) / full_scale);
  return out;
}

ear::ear(std::uint32_t sample_rate)
    : rate_(sample_rate),
      heard_ring_(std::size_t{sample_rate} * 2),
      sent_ring_(std::size_t{sample_rate} * 2),
      heard_outline_(sample_rate),
      sent_outline_(sample_rate) {}

void ear::write(std::span<const std::int16_t> heard, std::span<const std::int16_t> sent) {
  // Heard and sent stay side by side: what one ring has no room for, the other leaves out too.
  const std::size_t room = std::min(heard_ring_.capacity() - heard_ring_.size(),
                                    sent_ring_.capacity() - sent_ring_.size());
  const std::size_t n = std::min({heard.size(), sent.size(), room});
  lost_ += heard.size() - n;
  heard_ring_.write(heard.first(n));
  sent_ring_.write(sent.first(n));
}

std::span<const std::int16_t> ear::listen(time_point now) {
  told_ = false;
  const std::size_t count = std::min(heard_ring_.size(), sent_ring_.size());
  if (count == 0) return {};
  const auto length = std::chrono::nanoseconds(static_cast<std::int64_t>(count) * 1'000'000'000 /
                                               static_cast<std::int64_t>(rate_));
  if (!started_) started_ = now - length;
  piece_.resize(count);
  sent_ring_.read(piece_);
  sent_outline_.add(piece_);
  heard_ring_.read(piece_);
  heard_outline_.add(piece_);
  const std::size_t most = std::size_t{rate_} * 60 * kept_minutes;
  // Dropped by a quarter at a time, so that it costs little.
  if (heard_.size() + count > most) {
    const std::size_t drop = std::min(heard_.size(), most / 4 + count);
    heard_.erase(heard_.begin(), heard_.begin() + static_cast<std::ptrdiff_t>(drop));
    forgotten_ += drop;
  }
  heard_.insert(heard_.end(), piece_.begin(), piece_.end());
  return piece_;
}

std::span<const std::int16_t> ear::from(std::uint64_t at) const {
  return std::span(heard_).subspan(static_cast<std::size_t>(std::min(at, end()) - forgotten_));
}

}  // namespace sipvoice::scenario
