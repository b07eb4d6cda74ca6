#include "sipvoice/audio/codec.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "sipvoice/audio/g711.hpp"
#include "sipvoice/base/text.hpp"

namespace sipvoice::audio {
namespace {

/// In the order of codec_id.
constexpr std::array<codec_info, 2> table{{
    {codec_id::pcmu, "pcmu", "PCMU", 0, 8000, 8000, 1, 0xff},
    {codec_id::pcma, "pcma", "PCMA", 8, 8000, 8000, 1, 0xd5},
}};

}  // namespace

std::span<const codec_info> codecs() { return table; }

const codec_info& info(codec_id id) { return table[static_cast<std::size_t>(id)]; }

const codec_info* find(std::string_view option_name) {
  const auto it = std::find_if(table.begin(), table.end(), [option_name](const codec_info& c) {
    return iequals(c.option_name, option_name);
  });
  return it == table.end() ? nullptr : &*it;
}

const codec_info* find_encoding(std::string_view encoding, std::uint32_t clock_rate,
                                std::uint32_t channels) {
  const auto it = std::find_if(table.begin(), table.end(), [&](const codec_info& c) {
    return iequals(c.encoding, encoding) && c.clock_rate == clock_rate && c.channels == channels;
  });
  return it == table.end() ? nullptr : &*it;
}

std::size_t encode(codec_id id, std::span<const std::int16_t> samples,
                   std::span<std::uint8_t> out) {
  switch (id) {
    case codec_id::pcmu:
      g711::ulaw_encode(samples, out);
      return samples.size();
    case codec_id::pcma:
      g711::alaw_encode(samples, out);
      return samples.size();
  }
  return 0;
}

std::size_t decode(codec_id id, std::span<const std::uint8_t> payload,
                   std::span<std::int16_t> out) {
  switch (id) {
    case codec_id::pcmu:
      g711::ulaw_decode(payload, out);
      return payload.size();
    case codec_id::pcma:
      g711::alaw_decode(payload, out);
      return payload.size();
  }
  return 0;
}

}  // namespace sipvoice::audio
