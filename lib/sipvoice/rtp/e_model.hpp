// How good a call sounds, as a number: the E-model of ITU-T G.107 with everything but loss and
// delay at its defaults, and the mean opinion score that goes with it (annex B).
//
// The scale is the narrowband one for all codecs, so that calls can be compared.
#pragma once

#include "sipvoice/base/time.hpp"

namespace sipvoice::rtp {

/// What a codec does to speech (G.113 appendix I).
struct codec_impairment {
  double equipment = 0;    ///< Ie
  double robustness = 25;  ///< Bpl: larger means that loss harms less
};

/// The transmission rating R, 0 to 93.2. `loss`: share of packets that were not heard (lost or
/// late), 0 to 1; `burst_ratio`: 1 where losses are independent; `one_way`: from mouth to ear.
[[nodiscard]] double transmission_rating(const codec_impairment& codec, double loss,
                                         double burst_ratio, duration one_way);
/// 1.0 to 4.5.
[[nodiscard]] double mean_opinion_score(double rating);

}  // namespace sipvoice::rtp
