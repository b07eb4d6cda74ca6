// ITU-T G.722: 7 kHz audio in 64 kbit/s. Two sub-bands of 4 kHz each by a quadrature mirror filter,
// each coded by ADPCM: 6 bits a sample below, 2 bits above. 16 kHz audio, one byte for two samples.
//
// Names in the sources follow the signals of the recommendation (section 6.2: XL, DETL, NBL, ...).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "sipvoice/base/bytes.hpp"

namespace sipvoice::audio::g722 {

/// What of each byte is sound: all of it, or without the lowest one or two bits, which a sender may
/// use for data. RTP knows mode 1 alone.
enum class mode : std::uint8_t { kbit64 = 1, kbit56 = 2, kbit48 = 3 };

/// The adaptive predictor of one sub-band: two poles, six zeros (BLOCK 4).
class predictor {
 public:
  [[nodiscard]] std::int16_t estimate() const { return estimate_; }
  /// The quantised difference between the signal and the estimate.
  void update(std::int16_t difference);

 private:
  void adapt_poles(std::int16_t partial);
  void adapt_zeros(std::int16_t difference);

  std::int16_t estimate_ = 0, of_zeros_ = 0;
  std::array<std::int16_t, 2> poles_{}, reconstructed_{}, partial_{};  // newest first
  std::array<std::int16_t, 6> zeros_{}, differences_{};
};

/// One sub-band as encoder and decoder share it.
struct band {
  std::int16_t log_scale = 0;  ///< NBL, NBH
  std::int16_t scale = 0;      ///< DETL, DETH
  predictor prediction;
};
inline constexpr band low_band{0, 32, {}}, high_band{0, 8, {}};

class encoder {
 public:
  /// A byte for each two samples; an odd last sample is left out. Returns the bytes written.
  std::size_t encode(std::span<const std::int16_t> samples, std::span<std::uint8_t> out);

 private:
  band low_ = low_band, high_ = high_band;
  std::array<std::int16_t, 24> delay_{};  // newest first, in pairs
};

class decoder {
 public:
  explicit decoder(mode m = mode::kbit64) : mode_(m) {}
  /// Two samples for each byte. Returns the samples written.
  std::size_t decode(byte_view codes, std::span<std::int16_t> out);

 private:
  mode mode_;
  band low_ = low_band, high_ = high_band;
  std::array<std::int16_t, 24> delay_{};
};

}  // namespace sipvoice::audio::g722
