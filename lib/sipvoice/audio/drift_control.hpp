// How much faster or slower a stream must be made so that a buffer between two clocks neither fills
// nor empties: a controller of the second order. What it has learnt of the clocks stays, so that
// the level comes back to its target whatever the (constant) difference is.
//
// With a difference d the level strays by d * 18 s at most (300 ppm: 5.5 ms) and is back within two
// minutes. The level may jump with every piece that is written or read: it is smoothed before.
#pragma once

#include <algorithm>

namespace sipvoice::audio {

class drift_control {
 public:
  static constexpr double max_ppm = 3000;

  /// `excess_s`: the level above its target, in seconds of sound; `elapsed_s`: since the last time.
  /// The correction in ppm, to be applied to the number of samples that are made (written) or are
  /// asked for (read): negative where the buffer holds too much.
  double update(double excess_s, double elapsed_s) {
    smooth_ += (excess_s - smooth_) * std::min(1.0, elapsed_s / smoothing_s);
    learnt_ += gain_of_sum * smooth_ * elapsed_s;
    learnt_ = std::clamp(learnt_, -max_ppm / 1e6, max_ppm / 1e6);
    return std::clamp(-(gain * smooth_ + learnt_) * 1e6, -max_ppm, max_ppm);
  }
  /// The level was set to its target by other means.
  void settle() { smooth_ = 0; }
  /// The difference of the clocks as far as it is known: positive where the writer is the faster.
  [[nodiscard]] double learnt_ppm() const { return learnt_ * 1e6; }

 private:
  static constexpr double smoothing_s = 2;
  // Critically damped: gain_of_sum = gain^2 / 4.
  static constexpr double gain = 0.04;           // 1/s
  static constexpr double gain_of_sum = 0.0004;  // 1/s^2

  double smooth_ = 0, learnt_ = 0;
};

}  // namespace sipvoice::audio
