#include "sipvoice/rtp/e_model.hpp"

#include <algorithm>
#include <cmath>

namespace sipvoice::rtp {

namespace {

struct scale {
  double undisturbed;  ///< with all defaults
  double worst;        ///< what loss can take at most
  double stretch;      ///< against the scale of G.107, for delay and for the score
};

/// G.107 table 3 and (7-29); G.107.1 section 7; G.107.2 section 7.
constexpr scale scale_of(speech_band band) {
  switch (band) {
    case speech_band::wide:
      return {129, 95, 1.29};
    case speech_band::full:
      return {148, 132, 1.48};
    case speech_band::narrow:
      break;
  }
  return {93.2, 95, 1};
}

}  // namespace

double transmission_rating(const codec_impairment& codec, double loss, double burst_ratio,
                           duration one_way) {
  const scale s = scale_of(codec.band);
  const double percent = std::clamp(loss, 0.0, 1.0) * 100;
  const double equipment =
      codec.equipment + (s.worst - codec.equipment) * percent /
                            (percent / std::max(burst_ratio, 1.0) + codec.robustness);
  // G.107 (3-27), (3-28): pure delay counts from 100 ms on.
  const double ms = std::max(0.0, std::chrono::duration<double, std::milli>(one_way).count());
  double delay = 0;
  if (ms > 100) {
    const double x = std::log2(ms / 100);
    delay = 25 * (std::pow(1 + std::pow(x, 6), 1.0 / 6) -
                  3 * std::pow(1 + std::pow(x / 3, 6), 1.0 / 6) + 2);
    if (codec.band == speech_band::full) delay *= s.stretch;
  }
  return std::clamp(s.undisturbed - equipment - delay, 0.0, s.undisturbed);
}

double mean_opinion_score(double rating, speech_band band) {
  rating /= scale_of(band).stretch;
  if (rating <= 0) return 1;
  if (rating >= 100) return 4.5;
  return std::max(1.0, 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6);
}

}  // namespace sipvoice::rtp
