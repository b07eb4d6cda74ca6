#include "sipvoice/audio/resample.hpp"

#include <speex/speex_resampler.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>

namespace sipvoice::audio {
namespace {

constexpr int quality = 9;  // 0 to 10

struct destroy {
  void operator()(SpeexResamplerState* s) const { speex_resampler_destroy(s); }
};

}  // namespace

std::vector<std::int16_t> resample(std::span<const std::int16_t> samples, std::uint32_t from,
                                   std::uint32_t to) {
  if (from == to || samples.empty()) return {samples.begin(), samples.end()};
  int error = RESAMPLER_ERR_SUCCESS;
  const std::unique_ptr<SpeexResamplerState, destroy> state(
      speex_resampler_init(1, from, to, quality, &error));
  if (!state || error != RESAMPLER_ERR_SUCCESS) throw std::bad_alloc();
  speex_resampler_skip_zeros(state.get());

  const std::size_t wanted = (samples.size() * std::size_t{to} + from - 1) / from;
  std::vector<std::int16_t> out(wanted);
  // The last samples come out only when the filter is pushed on with silence.
  const std::vector<std::int16_t> silence(
      static_cast<std::size_t>(speex_resampler_get_input_latency(state.get())) + 1);
  constexpr std::size_t slice = 1 << 20;
  std::size_t read = 0, written = 0;
  while (written < wanted) {
    const bool at_end = read >= samples.size();
    const auto source = at_end ? std::span<const std::int16_t>(silence)
                               : samples.subspan(read, std::min(slice, samples.size() - read));
    auto in_length = static_cast<spx_uint32_t>(source.size());
    auto out_length = static_cast<spx_uint32_t>(std::min(slice, wanted - written));
    speex_resampler_process_int(state.get(), 0, source.data(), &in_length, out.data() + written,
                                &out_length);
    written += out_length;
    if (!at_end) read += in_length;
    if (in_length == 0 && out_length == 0) break;
  }
  return out;
}

}  // namespace sipvoice::audio
