#include "sipvoice/audio/correlator.hpp"

#include <kissfft/kiss_fftr.h>

#include <algorithm>
#include <bit>
#include <new>
#include <vector>

namespace sipvoice::audio {
namespace {

constexpr std::size_t shortest_fft = 4096;

struct release {
  void operator()(kiss_fftr_state* state) const { kiss_fftr_free(state); }
};
using plan = std::unique_ptr<kiss_fftr_state, release>;

plan make_plan(std::size_t length, bool inverse) {
  plan out(kiss_fftr_alloc(static_cast<int>(length), inverse ? 1 : 0, nullptr, nullptr));
  if (!out) throw std::bad_alloc();
  return out;
}

}  // namespace

struct correlator::impl {
  explicit impl(std::span<const std::int16_t> pattern)
      : pattern_length(pattern.size()),
        length(std::bit_ceil(std::max(shortest_fft, 2 * pattern.size()))),
        forward(make_plan(length, false)),
        inverse(make_plan(length, true)),
        spectrum(length / 2 + 1) {
    std::vector<float> time(length);
    std::copy(pattern.begin(), pattern.end(), time.begin());
    kiss_fftr(forward.get(), time.data(), spectrum.data());
  }

  std::size_t pattern_length, length;
  plan forward, inverse;
  std::vector<kiss_fft_cpx> spectrum;
};

correlator::correlator(std::span<const std::int16_t> pattern)
    : impl_(std::make_unique<impl>(pattern)) {}

correlator::~correlator() = default;

void correlator::run(std::span<const std::int16_t> signal, const block& each) const {
  const std::size_t n = impl_->length;
  const std::size_t valid = n - impl_->pattern_length + 1;
  const auto end = static_cast<std::int64_t>(signal.size());
  const float scale = 1.0f / static_cast<float>(n);
  std::vector<float> time(n);
  std::vector<kiss_fft_cpx> bins(n / 2 + 1);
  for (std::int64_t start = 1 - static_cast<std::int64_t>(impl_->pattern_length); start < end;
       start += static_cast<std::int64_t>(valid)) {
    for (std::size_t i = 0; i < n; ++i) {
      const std::int64_t at = start + static_cast<std::int64_t>(i);
      time[i] = at >= 0 && at < end ? signal[static_cast<std::size_t>(at)] : 0.0f;
    }
    kiss_fftr(impl_->forward.get(), time.data(), bins.data());
    for (std::size_t i = 0; i < bins.size(); ++i) {
      const kiss_fft_cpx a = bins[i], b = impl_->spectrum[i];  // a times the conjugate of b
      bins[i] = {a.r * b.r + a.i * b.i, a.i * b.r - a.r * b.i};
    }
    kiss_fftri(impl_->inverse.get(), bins.data(), time.data());
    for (float& v : time) v *= scale;
    const auto count = std::min(static_cast<std::int64_t>(valid), end - start);
    each(start, std::span<const float>(time).first(static_cast<std::size_t>(count)));
  }
}

}  // namespace sipvoice::audio
