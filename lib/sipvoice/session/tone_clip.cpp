#include "sipvoice/session/tone_clip.hpp"

#include <cmath>

#include "sipvoice/audio/tone.hpp"

namespace sipvoice::session {
namespace {

constexpr double full_scale_dbm0 = 3.14;  // a sine of full scale (ITU-T G.711)

/// Written so that what is no number is in no range.
const char* what_is_wrong(const tone_sound& tone, std::uint32_t sample_rate) {
  if (!(tone.hz > 0 && tone.hz < sample_rate / 2.0))
    return "the frequency of a tone is above 0 and below half the sample rate of the call";
  if (!(tone.level_dbm0 >= -60 && tone.level_dbm0 <= 3))
    return "the level of a tone is -60 to 3 dBm0";
  if (tone.length < std::chrono::milliseconds(1) || tone.length > longest_tone)
    return "a tone lasts 1 ms to 10 minutes";
  return nullptr;
}

}  // namespace

std::shared_ptr<const audio::clip> tone_clip(const tone_sound& tone, std::uint32_t sample_rate,
                                             std::string& error) {
  if (const char* wrong = what_is_wrong(tone, sample_rate)) {
    error = wrong;
    return nullptr;
  }
  auto clip = std::make_shared<audio::clip>();
  clip->name = prompt_source::of_tone(tone).name();
  clip->sample_rate = sample_rate;
  clip->samples.resize(static_cast<std::size_t>(to_ms(tone.length)) * sample_rate / 1000);
  const double amplitude = std::pow(10.0, (tone.level_dbm0 - full_scale_dbm0) / 20);
  audio::sine(tone.hz, sample_rate, amplitude).fill(clip->samples);
  return clip;
}

}  // namespace sipvoice::session
