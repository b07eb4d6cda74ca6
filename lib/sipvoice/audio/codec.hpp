// Audio codecs by name, and the objects that encode and decode one stream.
//
// A codec's RTP clock and its audio rate are different things (G.722: clock 8000, audio 16000; RFC
// 3551 section 4.5.2). An encoder or decoder is made once for a stream; no packet allocates.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "sipvoice/base/bytes.hpp"

namespace sipvoice::audio {

/// What can be negotiated. L16 is a codec of its own for each rate: our offers name 16 kHz, the
/// other rates are accepted (those of which 10 ms are whole samples).
enum class codec_id : std::uint8_t {
  pcmu,
  pcma,
  g722,
  opus,
  l16,
  l16_8000,
  l16_24000,
  l16_32000,
  l16_44100,
  l16_48000,
};
inline constexpr std::size_t codec_count = 10;

struct codec_info {
  codec_id id;
  std::string_view option_name;  ///< in --codecs and events: "pcmu"
  std::string_view encoding;     ///< in SDP: "PCMU"
  std::uint8_t payload_type;     ///< static, or the number our offers use
  std::uint32_t clock_rate;      ///< RTP ticks a second
  std::uint32_t sample_rate;     ///< audio samples a second
  std::uint32_t channels;        ///< of the SDP rtpmap
  std::string_view fmtp;         ///< what we ask of those who send to us; empty: nothing
  bool ordered;                  ///< packets build on one another: decoded in their order
};

/// One for each name of --codecs.
[[nodiscard]] std::span<const codec_info> codecs();
/// Those of one name, the one that is offered first: more than one for l16.
[[nodiscard]] std::span<const codec_info> variants(codec_id id);
[[nodiscard]] const codec_info& info(codec_id id);
[[nodiscard]] const codec_info* find(std::string_view option_name);  ///< without case
/// By SDP encoding name (without case), clock and channels.
[[nodiscard]] const codec_info* find_encoding(std::string_view encoding, std::uint32_t clock_rate,
                                              std::uint32_t channels);

/// What one packet decodes to at most: 120 ms of Opus at 48 kHz (RFC 7587 section 4.2).
inline constexpr std::size_t max_packet_samples = 5760;
/// What we send in one packet at most, so that no path has to fragment it: 20 ms of L16 at 48 kHz.
inline constexpr std::size_t max_encoded_bytes = 1920;

/// The packet time to use where `wanted_ms` is asked for: the longest of 10, 20, 30, 40 and 60 ms
/// that is not above it. L16 stays within max_encoded_bytes, and Opus has no frame of 30 ms.
[[nodiscard]] std::uint32_t usable_ptime_ms(codec_id id, std::uint32_t wanted_ms);

/// How long a payload lasts, in RTP ticks; 0: it is no payload of this codec.
[[nodiscard]] std::uint32_t ticks_of(codec_id id, byte_view payload);

/// What the receiver of our sound has said about it.
struct encoder_options {
  bool fec = true;                ///< Opus: each packet carries a coarse copy of the one before it
  std::uint32_t max_bitrate = 0;  ///< bits a second; 0: not said
  friend bool operator==(const encoder_options&, const encoder_options&) = default;
};

class encoder {
 public:
  virtual ~encoder() = default;
  /// One packet's worth: 10, 20, 40 or 60 ms of samples, or 30 where the codec has that. Returns
  /// the bytes written, at most out.size(); 0: not so many samples, or no room.
  [[nodiscard]] virtual std::size_t encode(std::span<const std::int16_t> samples,
                                           std::span<std::uint8_t> out) = 0;
};

class decoder {
 public:
  virtual ~decoder() = default;
  /// Decodes a payload, whatever it holds; max_packet_samples are always room enough. Returns the
  /// samples written; 0: no sound of this codec, or no room.
  [[nodiscard]] virtual std::size_t decode(byte_view payload, std::span<std::int16_t> out) = 0;
  /// Makes up out.size() samples for what was lost. Returns how many; 0: this codec has no
  /// concealment of its own.
  [[nodiscard]] virtual std::size_t conceal(std::span<std::int16_t> out);
  /// The same from what the packet behind the lost one carries for it; out.size() samples are the
  /// length of the lost packet. To be followed by decode(next).
  [[nodiscard]] virtual std::size_t decode_fec(byte_view next, std::span<std::int16_t> out);
  /// As it was made: another stream begins.
  virtual void reset() = 0;
};

/// Throws std::bad_alloc.
[[nodiscard]] std::unique_ptr<encoder> make_encoder(codec_id id,
                                                    const encoder_options& options = {});
[[nodiscard]] std::unique_ptr<decoder> make_decoder(codec_id id);

}  // namespace sipvoice::audio
