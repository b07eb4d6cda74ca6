// Finds a reference inside what was heard, whatever delay, level and codec.
//
// Both are compared at 8 kHz above 300 Hz. The reference's loudest stretch is looked for by
// normalised cross-correlation; from there the rest is followed in pieces of 100 ms, each of which
// may stand a little elsewhere than the one before it: two clocks drift, and a jitter buffer adds
// or drops a few packets. Losses that were concealed cost little; a hole of more than 60 ms of
// speech costs the verdict, as do silence put into it, a cut, another voice, another speed and
// words that are heard twice. Turned round in polarity, as some lines do it, it is the same sound.
#pragma once

#include <cstdint>
#include <span>

namespace sipvoice::audio {

struct comparison {
  double similarity =
      0;                ///< 0..1: how much of the reference's sound was met, less what a hole costs
  double delay_ms = 0;  ///< where the reference begins in what was heard; may be negative
  double gain = 0;      ///< heard / reference, linear; negative: of the other polarity
  double found = 0;     ///< 0..1: share of the reference's pieces that sound which were met, each
                        ///< with a correlation of its own of at least 0.7
};

/// Both at `sample_rate`, mono. Silent or empty input gives similarity 0.
[[nodiscard]] comparison find_reference(std::span<const std::int16_t> reference,
                                        std::span<const std::int16_t> heard,
                                        std::uint32_t sample_rate);

/// The verdict of --expect-audio: similarity >= 0.9 and found >= 0.9.
[[nodiscard]] bool contains(const comparison& c);

}  // namespace sipvoice::audio
