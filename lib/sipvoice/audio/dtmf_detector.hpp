// Digits that come as tones in the sound (ITU-T Q.23, Q.24), and not in speech.
//
// Every 5 ms the last 25 ms are looked at, with a triangle over them. They hold a digit when all of
// this is true:
//
//   level       each of the two tones is louder than -36 dBm0
//   twist       the column's tone is at most 4 dB louder than the row's, the row's at most 8 dB
//   alone       the two tones are at least 82 % of all that is heard (speech has more in it)
//   harmonics   what is heard at twice a tone is 13 dB below it (a voice has harmonics)
//   frequency   each is within 2 % of its own: 1.5 % has to be accepted, 3.5 % rejected
//
// Four such moments of one digit, three of them with 90 % in its tones and one other between them
// at most, are a press: 40 ms are enough, 20 ms never are. It lasts until nothing of it was heard
// for 6 moments: gaps of 40 ms part two presses, interruptions of 10 ms do not. A press is told
// when it is over.
//
// Any sample rate from 8 kHz on. Nothing is allocated after construction.
#pragma once

#include <array>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "sipvoice/audio/tone_bank.hpp"

namespace sipvoice::audio {

class dtmf_detector {
 public:
  struct digit {
    char value = '0';               ///< 0-9 * # A-D
    std::uint32_t duration_ms = 0;  ///< to about 5 ms
    bool complete = true;           ///< false: it was still heard when finish() came
  };
  /// Longer holes in the sound are silence.
  static constexpr std::uint32_t max_hole_ms = 60;

  explicit dtmf_detector(std::uint32_t sample_rate);

  /// The next samples; 120 ms at most between two polls.
  void push(std::span<const std::int16_t> samples);
  /// Samples that were lost: a digit before them and behind them is one press.
  void missing(std::size_t samples);
  /// Another source follows, or the end.
  void finish();
  [[nodiscard]] std::optional<digit> poll();
  /// The sound of the last 25 ms is that of a digit, or lies in a press: told at once, and so with
  /// less certainty than a press.
  [[nodiscard]] bool hears_one() const { return hit_ || press_; }

 private:
  static constexpr std::size_t window_blocks = 5;
  /// One digit heard again and again.
  struct run {
    std::uint8_t place = 0;  ///< row * 4 + column
    int hits = 0;
    int clear = 0;    ///< hits with hardly anything else in them
    int since = 0;    ///< moments since the last hit
    int misses = 0;   ///< those of them of which nothing was lost
    int skipped = 0;  ///< such misses altogether
    int blocks = 0;   ///< from the first hit to the last
    /// How the phase of both tones went on, added up.
    std::complex<float> row_turn, column_turn;
  };
  struct tone {
    std::size_t line = 0;
    std::complex<float> turn;  ///< against the window before, beside what an exact tone does
    float power = 0;           ///< mean square; a tone off its frequency is put right
  };
  struct hit {
    std::uint8_t place = 0;
    std::complex<float> row_turn, column_turn;
    bool clear = false;
  };

  void step(const tone_bank::block& b);
  [[nodiscard]] std::complex<float> window(std::size_t line) const;
  [[nodiscard]] float mean_square(std::complex<float> window) const;
  [[nodiscard]] tone loudest(std::size_t first) const;
  [[nodiscard]] bool has_harmonic(const tone& of, const tone& beside) const;
  [[nodiscard]] std::optional<hit> look() const;
  void follow(run& r, const hit& h);
  void miss(std::optional<run>& r, int patience, bool excused);
  [[nodiscard]] bool is_press(const run& r) const;
  void tell(const run& r, bool complete);

  tone_bank bank_;
  std::array<tone_bank::block, window_blocks> recent_{};  ///< a ring; next_ is the oldest
  std::size_t next_ = 0;
  std::array<std::complex<float>, tone_bank::tones> windows_{}, before_{};
  float total_ = 0;       ///< mean square of the window
  float low_ = 0, fade_;  ///< what is constant in the sound is taken away
  int holes_ = 0;         ///< windows to come that hold something lost
  bool hit_ = false;      ///< at the last moment
  std::optional<run> press_, candidate_;
  std::array<digit, 8> ready_{};
  std::size_t ready_count_ = 0;
};

}  // namespace sipvoice::audio
