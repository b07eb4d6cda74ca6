// How good a call sounds, as a number: the E-model with everything but loss and delay at its
// defaults, and the mean opinion score that goes with it (ITU-T G.107 annex B).
//
// Each codec is judged on the scale of its band: G.107 for narrow-band ones (the best connection
// has R = 93.2), G.107.1 for wide-band ones (129), G.107.2 for Opus (148). A score is comparable
// with those of the same band: 4.4 of a narrow-band call is as good as such a call can be.
#pragma once

#include <cstdint>

#include "sipvoice/base/time.hpp"

namespace sipvoice::rtp {

enum class speech_band : std::uint8_t { narrow, wide, full };

/// What a codec does to speech (G.113 appendices I and IV).
struct codec_impairment {
  double equipment = 0;    ///< Ie on the scale of its band
  double robustness = 25;  ///< Bpl: larger means that loss harms less
  speech_band band = speech_band::narrow;
};

/// The transmission rating R, from 0 to 93.2, 129 or 148. `loss`: share of packets that were not
/// heard (lost or late), 0 to 1; `burst_ratio`: 1 where losses are independent; `one_way`: from
/// mouth to ear.
[[nodiscard]] double transmission_rating(const codec_impairment& codec, double loss,
                                         double burst_ratio, duration one_way);
/// 1.0 to 4.5, on the scale of the band.
[[nodiscard]] double mean_opinion_score(double rating, speech_band band = speech_band::narrow);

}  // namespace sipvoice::rtp
