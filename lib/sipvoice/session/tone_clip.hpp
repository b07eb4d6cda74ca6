// A tone as a clip that calls play.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "sipvoice/audio/clip.hpp"
#include "sipvoice/session/prompt_source.hpp"

namespace sipvoice::session {

inline constexpr duration longest_tone = std::chrono::minutes(10);

/// Made anew each time, at this rate. nullptr: a frequency that is not above 0 and below half the
/// sample rate, a level outside -60 to 3 dBm0, a length outside 1 ms to longest_tone; `error` says
/// which.
[[nodiscard]] std::shared_ptr<const audio::clip> tone_clip(const tone_sound& tone,
                                                           std::uint32_t sample_rate,
                                                           std::string& error);

}  // namespace sipvoice::session
