#include "sipvoice/audio/codec.hpp"

#include <algorithm>
#include <array>

#include "sipvoice/audio/g711.hpp"
#include "sipvoice/audio/g722.hpp"
#include "sipvoice/audio/l16.hpp"
#include "sipvoice/audio/opus.hpp"
#include "sipvoice/base/text.hpp"

namespace sipvoice::audio {
namespace {

constexpr std::uint8_t l16_type = 97;

/// In the order of codec_id: one for each name, then the variants of the last of them.
constexpr std::array<codec_info, codec_count> table{{
    {codec_id::pcmu, "pcmu", "PCMU", 0, 8000, 8000, 1, "", false},
    {codec_id::pcma, "pcma", "PCMA", 8, 8000, 8000, 1, "", false},
    {codec_id::g722, "g722", "G722", 9, 8000, 16000, 1, "", true},
    {codec_id::opus, "opus", "opus", 96, 48000, 48000, 2, "useinbandfec=1", true},
    {codec_id::l16, "l16", "L16", l16_type, 16000, 16000, 1, "", false},
    {codec_id::l16_8000, "l16", "L16", l16_type, 8000, 8000, 1, "", false},
    {codec_id::l16_24000, "l16", "L16", l16_type, 24000, 24000, 1, "", false},
    {codec_id::l16_32000, "l16", "L16", l16_type, 32000, 32000, 1, "", false},
    {codec_id::l16_44100, "l16", "L16", 11, 44100, 44100, 1, "", false},
    {codec_id::l16_48000, "l16", "L16", l16_type, 48000, 48000, 1, "", false},
}};
constexpr std::size_t named = 5;

bool is_l16(codec_id id) { return id >= codec_id::l16; }

/// One byte a sample, without memory.
class g711_encoder final : public encoder {
 public:
  explicit g711_encoder(bool a_law) : a_law_(a_law) {}
  std::size_t encode(std::span<const std::int16_t> samples, std::span<std::uint8_t> out) override {
    if (samples.size() > out.size()) return 0;
    a_law_ ? g711::alaw_encode(samples, out) : g711::ulaw_encode(samples, out);
    return samples.size();
  }

 private:
  bool a_law_;
};

class g711_decoder final : public decoder {
 public:
  explicit g711_decoder(bool a_law) : a_law_(a_law) {}
  std::size_t decode(byte_view payload, std::span<std::int16_t> out) override {
    if (payload.size() > out.size()) return 0;
    a_law_ ? g711::alaw_decode(payload, out) : g711::ulaw_decode(payload, out);
    return payload.size();
  }
  void reset() override {}

 private:
  bool a_law_;
};

class g722_encoder final : public encoder {
 public:
  std::size_t encode(std::span<const std::int16_t> samples, std::span<std::uint8_t> out) override {
    if (samples.size() / 2 > out.size()) return 0;
    return state_.encode(samples, out);
  }

 private:
  g722::encoder state_;
};

class g722_decoder final : public decoder {
 public:
  std::size_t decode(byte_view payload, std::span<std::int16_t> out) override {
    if (payload.size() * 2 > out.size()) return 0;
    return state_.decode(payload, out);
  }
  void reset() override { state_ = g722::decoder{}; }

 private:
  g722::decoder state_;
};

class l16_encoder final : public encoder {
 public:
  std::size_t encode(std::span<const std::int16_t> samples, std::span<std::uint8_t> out) override {
    if (samples.size() * 2 > out.size()) return 0;
    return l16::encode(samples, out);
  }
};

class l16_decoder final : public decoder {
 public:
  std::size_t decode(byte_view payload, std::span<std::int16_t> out) override {
    if (payload.size() / 2 > out.size()) return 0;
    return l16::decode(payload, out);
  }
  void reset() override {}
};

}  // namespace

std::span<const codec_info> codecs() { return std::span(table).first(named); }

std::span<const codec_info> variants(codec_id id) {
  const auto all = std::span<const codec_info>(table);
  if (is_l16(id)) return all.subspan(static_cast<std::size_t>(codec_id::l16));
  return all.subspan(static_cast<std::size_t>(id), 1);
}

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

std::uint32_t usable_ptime_ms(codec_id id, std::uint32_t wanted_ms) {
  for (const std::uint32_t ms : {60U, 40U, 30U, 20U}) {
    if (ms > wanted_ms || (id == codec_id::opus && ms == 30)) continue;
    if (!is_l16(id) || info(id).sample_rate * 2U * ms / 1000 <= max_encoded_bytes) return ms;
  }
  return 10;
}

std::uint32_t ticks_of(codec_id id, byte_view payload) {
  switch (id) {
    case codec_id::pcmu:
    case codec_id::pcma:
    case codec_id::g722:  // two samples a byte, and one tick for two samples
      return static_cast<std::uint32_t>(payload.size());
    case codec_id::opus:
      return opus::samples_of(payload);
    default:
      return static_cast<std::uint32_t>(payload.size() / 2);
  }
}

std::size_t decoder::conceal(std::span<std::int16_t>) { return 0; }
std::size_t decoder::decode_fec(byte_view, std::span<std::int16_t>) { return 0; }

std::unique_ptr<encoder> make_encoder(codec_id id, const encoder_options& options) {
  switch (id) {
    case codec_id::pcmu:
    case codec_id::pcma:
      return std::make_unique<g711_encoder>(id == codec_id::pcma);
    case codec_id::g722:
      return std::make_unique<g722_encoder>();
    case codec_id::opus:
      return opus::make_encoder(options);
    default:
      return std::make_unique<l16_encoder>();
  }
}

std::unique_ptr<decoder> make_decoder(codec_id id) {
  switch (id) {
    case codec_id::pcmu:
    case codec_id::pcma:
      return std::make_unique<g711_decoder>(id == codec_id::pcma);
    case codec_id::g722:
      return std::make_unique<g722_decoder>();
    case codec_id::opus:
      return opus::make_decoder();
    default:
      return std::make_unique<l16_decoder>();
  }
}

}  // namespace sipvoice::audio
