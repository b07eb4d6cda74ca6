#include "sipvoice/rtp/e_model.hpp"

#include <algorithm>
#include <cmath>

namespace sipvoice::rtp {

double transmission_rating(const codec_impairment& codec, double loss, double burst_ratio,
                           duration one_way) {
  constexpr double undisturbed = 93.2;  // G.107 table 3 with all defaults
  const double percent = std::clamp(loss, 0.0, 1.0) * 100;
  const double equipment =
      codec.equipment +
      (95 - codec.equipment) * percent / (percent / std::max(burst_ratio, 1.0) + codec.robustness);
  // G.107 (3-27), (3-28): pure delay counts from 100 ms on.
  const double ms = std::max(0.0, std::chrono::duration<double, std::milli>(one_way).count());
  double delay = 0;
  if (ms > 100) {
    const double x = std::log2(ms / 100);
    delay = 25 * (std::pow(1 + std::pow(x, 6), 1.0 / 6) -
                  3 * std::pow(1 + std::pow(x / 3, 6), 1.0 / 6) + 2);
  }
  return std::clamp(undisturbed - equipment - delay, 0.0, 100.0);
}

double mean_opinion_score(double rating) {
  if (rating <= 0) return 1;
  if (rating >= 100) return 4.5;
  return std::max(1.0, 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6);
}

}  // namespace sipvoice::rtp
