#include "sipvoice/audio/g722.hpp"

#include <algorithm>

namespace sipvoice::audio::g722 {
namespace {

// ---- tables of the recommendation ----

/// Decision levels of the 6-bit quantiser (table 14).
constexpr std::array<std::int16_t, 30> q6{
    0,   35,  72,  110, 150,  190,  233,  276,  323,  370,  422,  473,  530,  587,  650,
    714, 786, 858, 940, 1023, 1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919};
/// Outputs of the inverse quantisers of 6, 5, 4 and 2 bits, by code.
constexpr std::array<std::int16_t, 64> qm6{
    -136,   -136,   -136,  -136,  -24808, -21904, -19008, -16704, -14984, -13512, -12280,
    -11192, -10232, -9360, -8576, -7856,  -7192,  -6576,  -6000,  -5456,  -4944,  -4464,
    -4008,  -3576,  -3168, -2776, -2400,  -2032,  -1688,  -1360,  -1040,  -728,   24808,
    21904,  19008,  16704, 14984, 13512,  12280,  11192,  10232,  9360,   8576,   7856,
    7192,   6576,   6000,  5456,  4944,   4464,   4008,   3576,   3168,   2776,   2400,
    2032,   1688,   1360,  1040,  728,    432,    136,    -432,   -136};
constexpr std::array<std::int16_t, 32> qm5{
    -280,  -280,  -23352, -17560, -14120, -11664, -9752, -8184, -6864, -5712, -4696,
    -3784, -2960, -2208,  -1520,  -880,   23352,  17560, 14120, 11664, 9752,  8184,
    6864,  5712,  4696,   3784,   2960,   2208,   1520,  880,   280,   -280};
constexpr std::array<std::int16_t, 16> qm4{0,     -20456, -12896, -8968, -6288, -4240, -2584, -1200,
                                           20456, 12896,  8968,   6288,  4240,  2584,  1200,  0};
constexpr std::array<std::int16_t, 4> qm2{-7408, -1616, 7408, 1616};
/// What a code adds to the logarithm of the scale: WL by the upper four bits, WH.
constexpr std::array<std::int16_t, 16> log_step_low{-60,  3042, 1198, 538, 334, 172, 58,  -30,
                                                    3042, 1198, 538,  334, 172, 58,  -30, -60};
constexpr std::array<std::int16_t, 4> log_step_high{798, -214, 798, -214};
/// Powers of two in 32 steps an octave.
constexpr std::array<std::int16_t, 32> ilb{
    2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
    2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008};
constexpr std::int32_t max_log_low = 18432, max_log_high = 22528;
/// Every second coefficient of the mirror filter, H0, H2, ... H22; as it is symmetric, H1 to H23
/// are the same from the other end.
constexpr std::array<std::int32_t, 12> qmf{3,    -11,  12,  32,   -210, 951,
                                           3876, -805, 362, -156, 53,   -11};

// ---- arithmetic of 16 bits ----

std::int16_t saturated(std::int32_t v) {
  return static_cast<std::int16_t>(std::clamp(v, -32768, 32767));
}
std::int16_t limited(std::int32_t v) {
  return static_cast<std::int16_t>(std::clamp(v, -16384, 16383));
}
std::int32_t product(std::int32_t a, std::int32_t b) { return (a * b) >> 15; }
bool same_sign(std::int16_t a, std::int16_t b) { return (a < 0) == (b < 0); }

template <std::size_t N>
void push(std::array<std::int16_t, N>& history, std::int16_t newest) {
  std::copy_backward(history.begin(), history.end() - 1, history.end());
  history[0] = newest;
}

// ---- scale (LOGSCL, SCALEL, LOGSCH, SCALEH) ----

void adapt_scale(band& b, std::int16_t step, std::int32_t max_log, int octaves) {
  const std::int32_t log = ((b.log_scale * 127) >> 7) + step;
  b.log_scale = static_cast<std::int16_t>(std::clamp(log, 0, max_log));
  const int shift = octaves - (b.log_scale >> 11);
  const std::int32_t linear = ilb[static_cast<std::size_t>((b.log_scale >> 6) & 31)];
  b.scale = static_cast<std::int16_t>((shift < 0 ? linear << -shift : linear >> shift) << 2);
}

/// Both sides adapt the lower band by the upper four bits only, so that a decoder that lacks the
/// other two stays in step.
void adapt_low(band& b, unsigned code4) {
  const auto difference = static_cast<std::int16_t>(product(b.scale, qm4[code4]));
  adapt_scale(b, log_step_low[code4], max_log_low, 8);
  b.prediction.update(difference);
}

void adapt_high(band& b, unsigned code2) {
  const auto difference = static_cast<std::int16_t>(product(b.scale, qm2[code2]));
  adapt_scale(b, log_step_high[code2], max_log_high, 10);
  b.prediction.update(difference);
}

// ---- quantisers (QUANTL, QUANTH) ----

unsigned quantised_low(std::int16_t error, std::int16_t scale) {
  const std::int32_t magnitude = error < 0 ? -(error + 1) : error;
  // The first level above the magnitude; the levels rise.
  unsigned at = 1, end = q6.size();
  while (at < end) {
    const unsigned middle = (at + end) / 2;
    if (magnitude < (q6[middle] * scale) >> 12)
      end = middle;
    else
      at = middle + 1;
  }
  if (error >= 0) return 62 - at;
  return at < 3 ? 64 - at : 34 - at;
}

unsigned quantised_high(std::int16_t error, std::int16_t scale) {
  const std::int32_t magnitude = error < 0 ? -(error + 1) : error;
  const bool large = magnitude >= (564 * scale) >> 12;
  if (error < 0) return large ? 0 : 1;
  return large ? 2 : 3;
}

}  // namespace

void predictor::adapt_poles(std::int16_t partial) {
  const bool same1 = same_sign(partial, partial_[0]), same2 = same_sign(partial, partial_[1]);
  const std::int32_t first = saturated(poles_[0] * 4);
  const std::int32_t turned = saturated(same1 ? -first : first) >> 7;
  const std::int32_t second =
      std::clamp(turned + (same2 ? 128 : -128) + product(poles_[1], 32512), -12288, 12288);
  const std::int32_t bound = 15360 - second;
  poles_[0] = static_cast<std::int16_t>(
      std::clamp((same1 ? 192 : -192) + product(poles_[0], 32640), -bound, bound));
  poles_[1] = static_cast<std::int16_t>(second);
}

void predictor::adapt_zeros(std::int16_t difference) {
  const std::int32_t step = difference == 0 ? 0 : 128;
  for (std::size_t i = 0; i < zeros_.size(); ++i)
    zeros_[i] = saturated((same_sign(difference, differences_[i]) ? step : -step) +
                          product(zeros_[i], 32640));
}

void predictor::update(std::int16_t difference) {
  const std::int16_t partial = saturated(difference + of_zeros_);
  adapt_poles(partial);
  adapt_zeros(difference);
  push(partial_, partial);
  push(reconstructed_, saturated(estimate_ + difference));
  push(differences_, difference);

  std::int32_t of_poles = 0, of_zeros = 0;
  for (std::size_t i = 0; i < poles_.size(); ++i)
    of_poles += product(poles_[i], saturated(reconstructed_[i] * 2));
  for (std::size_t i = 0; i < zeros_.size(); ++i)
    of_zeros += product(zeros_[i], saturated(differences_[i] * 2));
  of_zeros_ = saturated(of_zeros);
  estimate_ = saturated(saturated(of_poles) + of_zeros_);
}

std::size_t encoder::encode(std::span<const std::int16_t> samples, std::span<std::uint8_t> out) {
  const std::size_t count = std::min(samples.size() / 2, out.size());
  for (std::size_t n = 0; n < count; ++n) {
    push(delay_, samples[2 * n]);
    push(delay_, samples[2 * n + 1]);
    std::int32_t even = 0, odd = 0;
    for (std::size_t i = 0; i < qmf.size(); ++i) {
      even += qmf[i] * delay_[2 * i];
      odd += qmf[qmf.size() - 1 - i] * delay_[2 * i + 1];
    }
    const std::int16_t low = limited((even + odd) >> 14), high = limited((even - odd) >> 14);

    const unsigned code_low =
        quantised_low(saturated(low - low_.prediction.estimate()), low_.scale);
    const unsigned code_high =
        quantised_high(saturated(high - high_.prediction.estimate()), high_.scale);
    adapt_low(low_, code_low >> 2);
    adapt_high(high_, code_high);
    out[n] = static_cast<std::uint8_t>((code_high << 6) | code_low);
  }
  return count;
}

std::size_t decoder::decode(byte_view codes, std::span<std::int16_t> out) {
  const std::size_t count = std::min(codes.size(), out.size() / 2);
  for (std::size_t n = 0; n < count; ++n) {
    const unsigned code_low = codes[n] & 0x3fU, code_high = codes[n] >> 6U;
    const std::int16_t level = mode_ == mode::kbit64   ? qm6[code_low]
                               : mode_ == mode::kbit56 ? qm5[code_low >> 1]
                                                       : qm4[code_low >> 2];
    const std::int16_t low = limited(low_.prediction.estimate() + product(low_.scale, level));
    const std::int16_t high =
        limited(high_.prediction.estimate() + product(high_.scale, qm2[code_high]));
    adapt_low(low_, code_low >> 2);
    adapt_high(high_, code_high);

    push(delay_, static_cast<std::int16_t>(low + high));
    push(delay_, static_cast<std::int16_t>(low - high));
    std::int32_t first = 0, second = 0;
    for (std::size_t i = 0; i < qmf.size(); ++i) {
      first += qmf[i] * delay_[2 * i];
      second += qmf[qmf.size() - 1 - i] * delay_[2 * i + 1];
    }
    out[2 * n] = saturated(first >> 11);
    out[2 * n + 1] = saturated(second >> 11);
  }
  return 2 * count;
}

}  // namespace sipvoice::audio::g722
