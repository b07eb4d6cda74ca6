#include "sipvoice/audio/l16.hpp"

#include <algorithm>

namespace sipvoice::audio::l16 {

std::size_t encode(std::span<const std::int16_t> samples, std::span<std::uint8_t> out) {
  const std::size_t count = std::min(samples.size(), out.size() / 2);
  for (std::size_t i = 0; i < count; ++i)
    write_u16(&out[2 * i], static_cast<std::uint16_t>(samples[i]));
  return 2 * count;
}

std::size_t decode(byte_view payload, std::span<std::int16_t> out) {
  const std::size_t count = std::min(payload.size() / 2, out.size());
  for (std::size_t i = 0; i < count; ++i)
    out[i] = static_cast<std::int16_t>(read_u16(&payload[2 * i]));
  return count;
}

}  // namespace sipvoice::audio::l16
