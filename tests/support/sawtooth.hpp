// Sound that can be told apart from silence: a sawtooth of 80 samples, 75 of them louder than 500.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sipvoice/audio/clip.hpp"

namespace test {

inline std::vector<std::int16_t> sawtooth(std::size_t count) {
  std::vector<std::int16_t> v(count);
  for (std::size_t i = 0; i < count; ++i)
    v[i] = static_cast<std::int16_t>(200 * static_cast<int>(i % 80) - 8000);
  return v;
}

/// A second of it, as a prompt.
inline std::shared_ptr<const sipvoice::audio::clip> sawtooth_prompt(const std::string& name,
                                                                    std::uint32_t rate) {
  auto clip = std::make_shared<sipvoice::audio::clip>();
  clip->name = name;
  clip->sample_rate = rate;
  clip->samples = sawtooth(rate);
  return clip;
}

}  // namespace test
