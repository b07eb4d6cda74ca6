#include "sipvoice/audio/envelope.hpp"

#include <cstdlib>

namespace sipvoice::audio {
namespace {

envelope::column join(const envelope::column& a, const envelope::column& b) {
  return {std::min(a.lowest, b.lowest), std::max(a.highest, b.highest)};
}

}  // namespace

void envelope::add(std::span<const std::int16_t> interleaved, std::size_t channel,
                   std::size_t channels) {
  for (std::size_t i = channel; i < interleaved.size(); i += channels) {
    const std::int16_t s = interleaved[i];
    if (columns_.empty() || filled_ == width_) {
      if (columns_.size() == most_columns) halve();
      columns_.push_back({s, s});
      filled_ = 0;
    } else {
      columns_.back() = join(columns_.back(), {s, s});
    }
    ++filled_;
    ++samples_;
  }
}

/// Called with full columns only, an even number of them.
void envelope::halve() {
  for (std::size_t i = 0; i < columns_.size() / 2; ++i)
    columns_[i] = join(columns_[2 * i], columns_[2 * i + 1]);
  columns_.resize(columns_.size() / 2);
  width_ *= 2;
}

std::size_t envelope::joined(std::size_t most) const {
  return std::max<std::size_t>(1, (columns_.size() + most - 1) / most);
}

std::uint64_t envelope::samples_a_column(std::size_t most) const { return joined(most) * width_; }

std::vector<envelope::column> envelope::columns(std::size_t most) const {
  const std::size_t step = joined(most);
  std::vector<column> out;
  out.reserve(columns_.size() / step + 1);
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (i % step == 0)
      out.push_back(columns_[i]);
    else
      out.back() = join(out.back(), columns_[i]);
  }
  return out;
}

int envelope::peak() const {
  int highest = 0;
  for (const column& c : columns_) highest = std::max({highest, -int{c.lowest}, int{c.highest}});
  return highest;
}

}  // namespace sipvoice::audio
