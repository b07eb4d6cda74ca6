// The outline of a channel: its lowest and highest sample in each stretch of time. Bounded, however
// long the sound is: when all columns are taken, each two become one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace sipvoice::audio {

class envelope {
 public:
  static constexpr std::size_t most_columns = 4096;
  struct column {
    std::int16_t lowest = 0, highest = 0;
    friend bool operator==(const column&, const column&) = default;
  };

  /// Every `channels`-th sample, from `channel` on: one of an interleaved block of whole frames.
  void add(std::span<const std::int16_t> interleaved, std::size_t channel, std::size_t channels);

  [[nodiscard]] std::uint64_t samples() const { return samples_; }
  /// At most `most` of them, equally long; the last may be shorter than the others. `most` > 0.
  [[nodiscard]] std::vector<column> columns(std::size_t most) const;
  /// How many samples one of those columns stands for.
  [[nodiscard]] std::uint64_t samples_a_column(std::size_t most) const;
  /// The largest distance from zero, up to 32768.
  [[nodiscard]] int peak() const;

 private:
  [[nodiscard]] std::size_t joined(std::size_t most) const;
  void halve();

  std::vector<column> columns_;
  std::uint64_t width_ = 1;   ///< samples in a column
  std::uint64_t filled_ = 0;  ///< of the last one
  std::uint64_t samples_ = 0;
};

}  // namespace sipvoice::audio
