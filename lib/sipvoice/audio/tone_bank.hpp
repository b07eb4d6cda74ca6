// Goertzel filters at the eight tones of digits (ITU-T Q.23) and at twice each of them, over blocks
// of 5 ms.
//
// A block is short, so that its filters are broad; dtmf_detector adds several of them up with their
// phases, which makes narrow ones of them and tells frequencies apart by how the phase goes on.
#pragma once

#include <array>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace sipvoice::audio {

class tone_bank {
 public:
  static constexpr std::uint32_t blocks_a_second = 200;
  static constexpr std::size_t tones = 8;  ///< four rows, four columns
  static constexpr std::size_t lines = 2 * tones;

  struct block {
    /// Sum of x[n] e^(-jwn) from the block's first sample on: rows, columns, twice the rows, twice
    /// the columns.
    std::array<std::complex<float>, lines> line{};
    float energy = 0;  ///< sum of the squares
  };

  /// `sample_rate` in Hz, from 8000 on.
  explicit tone_bank(std::uint32_t sample_rate);

  /// The block that this sample completes.
  [[nodiscard]] std::optional<block> push(float sample);
  /// Forgets the block that has begun.
  void reset();

  [[nodiscard]] std::size_t block_samples() const { return block_samples_; }
  /// Radians by which the phase of a line goes on from block to block, when its tone is exact.
  [[nodiscard]] float advance(std::size_t line) const { return advance_[line]; }
  /// Its conjugate as a rotation.
  [[nodiscard]] std::complex<float> back(std::size_t line) const { return back_[line]; }

 private:
  [[nodiscard]] block take();

  std::size_t block_samples_, count_ = 0;
  std::array<float, lines> factor_{}, one_{}, two_{}, advance_{};
  std::array<std::complex<float>, lines> step_{}, start_{}, back_{};
  float energy_ = 0;
};

}  // namespace sipvoice::audio
