// Whether somebody speaks: energy against a floor that follows the background.
//
// Sound goes in by samples, in pieces of any length; it is judged in blocks of 10 ms. Speech begins
// after `attack` of loud blocks (with short dips allowed), and ends after `release` without one.
// The floor falls at once and rises slowly, so a steady noise becomes background within seconds,
// and speech does not. The tones of digits are neither: they are told as digits, if at all.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "sipvoice/audio/dtmf_detector.hpp"
#include "sipvoice/base/time.hpp"

namespace sipvoice::audio {

struct voice_activity_config {
  duration attack = std::chrono::milliseconds(40);
  duration release = std::chrono::milliseconds(400);
  double above_floor_db = 9;   ///< of a block that is speech
  double quietest_dbfs = -50;  ///< nothing below is speech, however quiet the background
};

enum class voice_change : std::uint8_t { started, stopped };

/// The level of a sound in dB of full scale (a square wave that fills the range: 0); -80 and below
/// are told as -80.
[[nodiscard]] double level_dbfs(std::span<const std::int16_t> sound);

class voice_activity {
 public:
  static constexpr double never_masked = -200;

  explicit voice_activity(std::uint32_t sample_rate, const voice_activity_config& config = {});

  struct change {
    voice_change what{};
    /// Samples before the end of the piece at which it was decided. Speech itself began `attack`
    /// earlier, or ended `release` earlier.
    std::size_t before_end = 0;
  };
  /// At most one change a piece is told; pieces are not longer than `release`. A block that is not
  /// above `masked_dbfs` may be an echo of our own: it is neither speech nor background.
  [[nodiscard]] std::optional<change> hear(std::span<const std::int16_t> sound,
                                           double masked_dbfs = never_masked);
  /// So many samples were not sent because the other side was silent. Nobody spoke; of the
  /// background it says nothing.
  [[nodiscard]] std::optional<change> silence(std::size_t samples);
  /// So many samples were lost: nobody knows what they were.
  void missing(std::size_t samples) { digits_->missing(samples); }
  /// What follows has another rate; who speaks goes on speaking.
  void use_rate(std::uint32_t sample_rate);
  [[nodiscard]] bool speaking() const { return speaking_; }
  [[nodiscard]] double floor_dbfs() const { return floor_db_; }

 private:
  void add(std::span<const std::int16_t> sound);
  [[nodiscard]] std::optional<voice_change> judge_block(double masked_dbfs);
  void learn(double level);
  [[nodiscard]] std::optional<voice_change> count_block(bool loud);

  voice_activity_config config_;
  std::optional<dtmf_detector> digits_;  ///< always there
  std::size_t block_ = 1;                ///< samples
  std::size_t filled_ = 0;
  double energy_ = 0;
  double floor_db_;
  bool learnt_ = false;  ///< the floor has been measured
  int loud_ = 0, attack_, silent_ = 0, release_;
  bool speaking_ = false;
};

}  // namespace sipvoice::audio
