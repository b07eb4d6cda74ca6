// Cross-correlation of a short pattern with a long signal, by FFT in blocks (overlap-save): the
// memory depends on the pattern alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

namespace sipvoice::audio {

class correlator {
 public:
  explicit correlator(std::span<const std::int16_t> pattern);
  ~correlator();
  correlator(const correlator&) = delete;
  correlator& operator=(const correlator&) = delete;

  /// One block of results: `first` is the lag of values[0], the sample of the signal on which the
  /// pattern begins; value = sum of pattern[i] * signal[lag + i], zero outside the signal.
  using block = std::function<void(std::int64_t first, std::span<const float> values)>;
  /// Every lag at which the two overlap, rising.
  void run(std::span<const std::int16_t> signal, const block& each) const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace sipvoice::audio
