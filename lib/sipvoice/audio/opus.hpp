// Opus (RFC 6716) through libopus: 48 kHz mono, tuned for speech. The one place that knows libopus.
#pragma once

#include <cstdint>
#include <memory>

#include "sipvoice/audio/codec.hpp"

namespace sipvoice::audio::opus {

inline constexpr std::uint32_t sample_rate = 48000;
/// Bits a second: wide-band speech without audible loss, forward error correction included.
inline constexpr std::int32_t bitrate = 32000;
/// What the encoder plans for when it shares the bits between a packet and the copy of the one
/// before it.
inline constexpr std::int32_t expected_loss_percent = 10;

[[nodiscard]] std::unique_ptr<encoder> make_encoder(const encoder_options& options);
[[nodiscard]] std::unique_ptr<decoder> make_decoder();
/// Samples at 48 kHz; 0: no Opus packet.
[[nodiscard]] std::uint32_t samples_of(byte_view payload);

}  // namespace sipvoice::audio::opus
