#include "sipvoice/audio/stream_resampler.hpp"

#include <speex/speex_resampler.h>

#include <new>

namespace sipvoice::audio {
namespace {

constexpr int quality = 5;  // 0 to 10: above it only the delay and the cost are heard

struct destroy {
  void operator()(SpeexResamplerState* s) const { speex_resampler_destroy(s); }
};

}  // namespace

struct stream_resampler::impl {
  std::unique_ptr<SpeexResamplerState, destroy> state;
};

stream_resampler::stream_resampler(std::uint32_t from, std::uint32_t to)
    : from_(from), to_(to), impl_(std::make_unique<impl>()) {
  int error = RESAMPLER_ERR_SUCCESS;
  impl_->state.reset(speex_resampler_init(1, from, to, quality, &error));
  if (!impl_->state || error != RESAMPLER_ERR_SUCCESS) throw std::bad_alloc();
}

stream_resampler::~stream_resampler() = default;

std::size_t stream_resampler::delay() const {
  return static_cast<std::size_t>(speex_resampler_get_output_latency(impl_->state.get()));
}

void stream_resampler::reset() { speex_resampler_reset_mem(impl_->state.get()); }

std::size_t stream_resampler::fill(std::span<const std::int16_t>& in, std::span<std::int16_t> out) {
  std::size_t written = 0;
  while (!in.empty() && written < out.size()) {
    auto taken = static_cast<spx_uint32_t>(in.size());
    auto made = static_cast<spx_uint32_t>(out.size() - written);
    speex_resampler_process_int(impl_->state.get(), 0, in.data(), &taken, out.data() + written,
                                &made);
    in = in.subspan(taken);
    written += made;
    if (taken == 0 && made == 0) break;
  }
  return written;
}

std::size_t stream_resampler::process(std::span<const std::int16_t> in,
                                      std::span<std::int16_t> out) {
  return fill(in, out);
}

}  // namespace sipvoice::audio
