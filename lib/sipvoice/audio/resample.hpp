// Whole clips from one sample rate to another.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace sipvoice::audio {

/// The same sound at another rate: length * to / from samples (rounded up), aligned with the input
/// (the filter's delay is taken off). Both rates above 0. Equal rates copy. Not for a media worker:
/// it allocates. Throws std::bad_alloc when the resampler cannot be made.
[[nodiscard]] std::vector<std::int16_t> resample(std::span<const std::int16_t> samples,
                                                 std::uint32_t from, std::uint32_t to);

}  // namespace sipvoice::audio
