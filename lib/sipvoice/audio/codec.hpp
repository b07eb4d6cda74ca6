// Audio codecs by name. A codec's RTP clock and its audio rate are different things (G.722: clock
// 8000, audio 16000). Issue-independent list; those that are not built in are told by find().
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace sipvoice::audio {

enum class codec_id : std::uint8_t { pcmu, pcma };

struct codec_info {
  codec_id id;
  std::string_view option_name;  ///< in --codecs and events: "pcmu"
  std::string_view encoding;     ///< in SDP: "PCMU"
  std::uint8_t payload_type;     ///< static, or the number our offers use
  std::uint32_t clock_rate;      ///< RTP ticks a second
  std::uint32_t sample_rate;     ///< audio samples a second
  std::uint32_t channels;        ///< of the SDP rtpmap
  std::uint8_t silence;          ///< a payload byte that decodes to silence
};

[[nodiscard]] std::span<const codec_info> codecs();
[[nodiscard]] const codec_info& info(codec_id id);
[[nodiscard]] const codec_info* find(std::string_view option_name);  ///< without case
/// By SDP encoding name (without case), clock and channels.
[[nodiscard]] const codec_info* find_encoding(std::string_view encoding, std::uint32_t clock_rate,
                                              std::uint32_t channels);

/// Encodes one packet's worth. `out` has room for `samples.size()` bytes; returns the bytes
/// written.
[[nodiscard]] std::size_t encode(codec_id id, std::span<const std::int16_t> samples,
                                 std::span<std::uint8_t> out);
/// Decodes a payload. `out` has room for payload.size() samples; returns the samples written.
[[nodiscard]] std::size_t decode(codec_id id, std::span<const std::uint8_t> payload,
                                 std::span<std::int16_t> out);

}  // namespace sipvoice::audio
