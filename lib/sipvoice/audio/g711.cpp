#include "sipvoice/audio/g711.hpp"

#include <array>
#include <bit>
#include <cstddef>

namespace sipvoice::audio::g711 {
namespace {

constexpr std::int16_t from_ulaw(std::uint8_t code) {
  const unsigned inverted = ~static_cast<unsigned>(code) & 0xffu;
  const unsigned segment = (inverted >> 4) & 7u;
  const int magnitude = static_cast<int>((((inverted & 15u) << 3) + 0x84u) << segment) - 0x84;
  return static_cast<std::int16_t>((inverted & 0x80u) != 0 ? -magnitude : magnitude);
}

constexpr std::int16_t from_alaw(std::uint8_t code) {
  const unsigned plain = code ^ 0x55u;  // even bits are inverted on the line
  const unsigned segment = (plain >> 4) & 7u;
  const unsigned mantissa = (plain & 15u) << 4;
  const int magnitude =
      static_cast<int>(segment == 0 ? mantissa + 8u : (mantissa + 0x108u) << (segment - 1u));
  return static_cast<std::int16_t>((plain & 0x80u) != 0 ? magnitude : -magnitude);
}

constexpr unsigned one_complement_magnitude(std::int16_t sample) {
  return static_cast<unsigned>(sample < 0 ? ~static_cast<int>(sample) : static_cast<int>(sample));
}

constexpr std::uint8_t to_ulaw(std::int16_t sample) {
  constexpr unsigned bias = 33, clip = 0x1fff;
  unsigned magnitude = (one_complement_magnitude(sample) >> 2) + bias;
  if (magnitude > clip) magnitude = clip;
  const unsigned segment = static_cast<unsigned>(std::bit_width(magnitude)) - 6u;
  const unsigned code = (segment << 4) | ((magnitude >> (segment + 1u)) & 15u);
  return static_cast<std::uint8_t>((code ^ 0x7fu) | (sample < 0 ? 0u : 0x80u));
}

constexpr std::uint8_t to_alaw(std::int16_t sample) {
  unsigned code = one_complement_magnitude(sample) >> 4;
  if (code > 15) {
    const unsigned segment = static_cast<unsigned>(std::bit_width(code)) - 4u;
    code = (segment << 4) | ((code >> (segment - 1u)) & 15u);
  }
  return static_cast<std::uint8_t>((code | (sample < 0 ? 0u : 0x80u)) ^ 0x55u);
}

template <class F>
constexpr std::array<std::int16_t, 256> decode_table(F decode_one) {
  std::array<std::int16_t, 256> table{};
  for (unsigned code = 0; code < 256; ++code)
    table[code] = decode_one(static_cast<std::uint8_t>(code));
  return table;
}

constexpr auto ulaw_table = decode_table(from_ulaw);
constexpr auto alaw_table = decode_table(from_alaw);

}  // namespace

std::uint8_t ulaw_encode(std::int16_t sample) { return to_ulaw(sample); }
std::uint8_t alaw_encode(std::int16_t sample) { return to_alaw(sample); }
std::int16_t ulaw_decode(std::uint8_t code) { return ulaw_table[code]; }
std::int16_t alaw_decode(std::uint8_t code) { return alaw_table[code]; }

void ulaw_encode(std::span<const std::int16_t> samples, std::span<std::uint8_t> out) {
  for (std::size_t i = 0; i < samples.size(); ++i) out[i] = to_ulaw(samples[i]);
}

void alaw_encode(std::span<const std::int16_t> samples, std::span<std::uint8_t> out) {
  for (std::size_t i = 0; i < samples.size(); ++i) out[i] = to_alaw(samples[i]);
}

void ulaw_decode(std::span<const std::uint8_t> codes, std::span<std::int16_t> out) {
  for (std::size_t i = 0; i < codes.size(); ++i) out[i] = ulaw_table[codes[i]];
}

void alaw_decode(std::span<const std::uint8_t> codes, std::span<std::int16_t> out) {
  for (std::size_t i = 0; i < codes.size(); ++i) out[i] = alaw_table[codes[i]];
}

}  // namespace sipvoice::audio::g711
