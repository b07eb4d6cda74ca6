// L16: samples as they are, big endian (RFC 3551 section 4.5.11).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "sipvoice/base/bytes.hpp"

namespace sipvoice::audio::l16 {

/// As many as there is room for; the bytes written.
std::size_t encode(std::span<const std::int16_t> samples, std::span<std::uint8_t> out);
/// An odd last byte is left out; the samples written.
std::size_t decode(byte_view payload, std::span<std::int16_t> out);

}  // namespace sipvoice::audio::l16
