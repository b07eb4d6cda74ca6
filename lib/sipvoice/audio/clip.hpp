// A finished piece of sound: decoded and resampled once, shared by all calls that play it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sipvoice::audio {

struct clip {
  std::string name;                   ///< what events call it: the file as the user wrote it
  std::uint32_t sample_rate = 8000;   ///< the codec's audio rate it was made for
  std::vector<std::int16_t> samples;  ///< mono
};

}  // namespace sipvoice::audio
