// Decoders: any bytes, in any order with losses between them, give no more than there is room for,
// and what ticks_of() says is what comes out.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <vector>

#include "sipvoice/audio/codec.hpp"

using namespace sipvoice;

namespace {

void require(bool good) {
  if (!good) std::abort();
}

/// The input with a guard behind it, so that a byte too many is seen.
std::vector<std::int16_t> room(std::size_t samples) {
  return std::vector<std::int16_t>(samples, 0x5a5a);
}

}  // namespace

/// First byte: the codec. Then packets: an operation, a length, the payload.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const auto id = static_cast<audio::codec_id>(data[0] % audio::codec_count);
  const auto& codec = audio::info(id);
  const auto decoder = audio::make_decoder(id);
  const auto encoder = audio::make_encoder(id);
  byte_view rest(data + 1, size - 1);
  while (rest.size() >= 2) {
    const unsigned what = rest[0];
    const std::size_t length = std::min<std::size_t>(rest[1], rest.size() - 2);
    const std::vector<std::uint8_t> payload(rest.begin() + 2,
                                            rest.begin() + static_cast<std::ptrdiff_t>(2 + length));
    rest = rest.subspan(2 + length);
    const std::uint32_t ticks = audio::ticks_of(id, payload);
    // A lost packet of 10 to 120 ms, or anything.
    const std::size_t missing =
        (what & 16) != 0 ? what * 7 : codec.sample_rate / 100 * (what % 12 + 1);
    auto pcm = room(audio::max_packet_samples);
    switch (what % 4) {
      case 0: {
        const std::size_t count = decoder->decode(payload, pcm);
        require(count <= pcm.size());
        require(count == 0 || count == std::size_t{ticks} * codec.sample_rate / codec.clock_rate);
        break;
      }
      case 1:
        pcm = room(missing);
        require(decoder->conceal(pcm) <= pcm.size());
        break;
      case 2:
        pcm = room(missing);
        require(decoder->decode_fec(payload, pcm) <= pcm.size());
        break;
      default: {
        // Too little room, and the way back.
        pcm = room(length / 2);
        require(decoder->decode(payload, pcm) <= pcm.size());
        std::vector<std::uint8_t> out(audio::max_encoded_bytes);
        std::vector<std::int16_t> frame(codec.sample_rate / 50);
        for (std::size_t i = 0; i < frame.size() && length > 0; ++i)
          frame[i] = static_cast<std::int16_t>(payload[i % length] * 257);
        const std::size_t bytes = encoder->encode(frame, out);
        require(bytes > 0 && bytes <= out.size());
        require(audio::ticks_of(id, byte_view(out).first(bytes)) == codec.clock_rate / 50);
        if ((what & 128) != 0) decoder->reset();
      }
    }
  }
  return 0;
}
