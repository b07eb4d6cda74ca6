// ITU-T G.711: one byte a sample, by the reference of the ITU-T Software Tool Library (G.191).
//
// The reference takes the one's complement of negative inputs, not the two's complement that most
// mu-law code uses: 508 inputs differ, and the ITU's sweep is what we are bit-exact to.
#pragma once

#include <cstdint>
#include <span>

namespace sipvoice::audio::g711 {

[[nodiscard]] std::uint8_t ulaw_encode(std::int16_t sample);
[[nodiscard]] std::uint8_t alaw_encode(std::int16_t sample);
[[nodiscard]] std::int16_t ulaw_decode(std::uint8_t code);
[[nodiscard]] std::int16_t alaw_decode(std::uint8_t code);

/// Whole blocks; `out` is as long as the input at least.
void ulaw_encode(std::span<const std::int16_t> samples, std::span<std::uint8_t> out);
void alaw_encode(std::span<const std::int16_t> samples, std::span<std::uint8_t> out);
void ulaw_decode(std::span<const std::uint8_t> codes, std::span<std::int16_t> out);
void alaw_decode(std::span<const std::uint8_t> codes, std::span<std::int16_t> out);

}  // namespace sipvoice::audio::g711
