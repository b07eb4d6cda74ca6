// One stream from one sample rate to another, piece by piece without a seam.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace sipvoice::audio {

class stream_resampler {
 public:
  /// Allocates all it will ever need. Both rates above 0. Throws std::bad_alloc.
  stream_resampler(std::uint32_t from, std::uint32_t to);
  ~stream_resampler();
  stream_resampler(const stream_resampler&) = delete;
  stream_resampler& operator=(const stream_resampler&) = delete;

  [[nodiscard]] std::uint32_t from() const { return from_; }
  [[nodiscard]] std::uint32_t to() const { return to_; }
  /// Where pieces of `count` samples become whole numbers of samples, so many; else rounded up.
  [[nodiscard]] std::size_t length_of(std::size_t count) const {
    return (count * to_ + from_ - 1) / from_;
  }
  /// All of `in`; `out` has room for length_of(in.size()). Returns the samples written. What comes
  /// out is behind what goes in by the filter's delay of a few milliseconds.
  std::size_t process(std::span<const std::int16_t> in, std::span<std::int16_t> out);
  /// Samples that come out so much later than they went in.
  [[nodiscard]] std::size_t delay() const;
  /// What follows has nothing to do with what was. Allocates nothing.
  void reset();
  /// Fills `out` from the beginning of `in`, which loses what was taken. Returns the samples
  /// written: all of `out`, unless `in` has come to its end.
  std::size_t fill(std::span<const std::int16_t>& in, std::span<std::int16_t> out);

 private:
  struct impl;
  std::uint32_t from_, to_;
  std::unique_ptr<impl> impl_;
};

}  // namespace sipvoice::audio
