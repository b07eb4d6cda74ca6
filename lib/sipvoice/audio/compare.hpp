// Finds a reference inside what was heard: normalised cross-correlation, whatever delay and level.
#pragma once

#include <cstdint>
#include <span>

namespace sipvoice::audio {

struct comparison {
  double similarity = 0;  ///< 0..1: normalised correlation at the best place
  double delay_ms = 0;    ///< where the reference begins in what was heard; may be negative
  double gain = 0;        ///< heard / reference, linear
  double found = 0;       ///< 0..1: share of the reference's non-silent 100 ms pieces that were met
                          ///< there, each with a similarity of its own of at least 0.7
};

/// Both at `sample_rate`, mono. Silent or empty input gives similarity 0.
[[nodiscard]] comparison find_reference(std::span<const std::int16_t> reference,
                                        std::span<const std::int16_t> heard,
                                        std::uint32_t sample_rate);

/// The verdict of --expect-audio: similarity >= 0.9 and found >= 0.9.
[[nodiscard]] bool contains(const comparison& c);

}  // namespace sipvoice::audio
