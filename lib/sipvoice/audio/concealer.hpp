// What stands in for sound that was lost: the last periods of the voice, repeated and faded out,
// and faded over into what comes after (the method of ITU-T G.711 appendix I, for any sample rate).
//
// 10 ms at full strength, silence after 60 ms. The stand-in grows from one period to three, so that
// it does not buzz. Where nothing is missing the sound passes untouched, except for the first
// milliseconds after a hole.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sipvoice/audio/pitch.hpp"

namespace sipvoice::audio {

class concealer {
 public:
  /// Allocates all it will ever need.
  explicit concealer(std::uint32_t sample_rate);

  /// The next samples, all there.
  void heard(std::span<std::int16_t> sound);
  /// The next samples are missing: filled in.
  void missing(std::span<std::int16_t> sound);

 private:
  void begin_hole();
  void lengthen(std::size_t periods);
  void synthesize(std::span<std::int16_t> out);
  void remember(std::span<const std::int16_t> sound);
  [[nodiscard]] std::int32_t gain() const;
  [[nodiscard]] std::size_t ms(std::size_t count) const { return count * rate_ / 1000; }

  std::uint32_t rate_;
  pitch_range range_;
  std::vector<std::int16_t> history_;  ///< the last samples heard; none of the stand-in
  std::vector<std::int16_t> loop_;     ///< what is repeated: the last periods of history_
  std::size_t loop_size_ = 0, loop_at_ = 0;
  std::size_t period_ = 0, periods_ = 0;
  std::vector<std::int16_t> fade_;  ///< room for the stand-in's end
  std::size_t hole_ = 0;            ///< samples of the hole so far; 0: in no hole
  bool anything_heard_ = false;
};

}  // namespace sipvoice::audio
