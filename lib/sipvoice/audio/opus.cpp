#include "sipvoice/audio/opus.hpp"

#include <opus/opus.h>

#include <algorithm>
#include <new>

namespace sipvoice::audio::opus {
namespace {

/// Of 10: what remains audible below it costs a multiple of the time.
constexpr int complexity = 5;
constexpr std::int32_t lowest_bitrate = 6000;  // RFC 7587 section 6.1

struct destroy {
  void operator()(OpusEncoder* e) const { opus_encoder_destroy(e); }
  void operator()(OpusDecoder* d) const { opus_decoder_destroy(d); }
};

std::size_t count_of(int result) { return result > 0 ? static_cast<std::size_t>(result) : 0; }

class opus_encoder final : public encoder {
 public:
  explicit opus_encoder(const encoder_options& options) {
    int error = OPUS_OK;
    state_.reset(opus_encoder_create(static_cast<opus_int32>(sample_rate), 1, OPUS_APPLICATION_VOIP,
                                     &error));
    if (!state_ || error != OPUS_OK) throw std::bad_alloc();
    opus_int32 bits = bitrate;
    if (options.max_bitrate != 0 && options.max_bitrate < static_cast<std::uint32_t>(bitrate))
      bits = std::max(lowest_bitrate, static_cast<opus_int32>(options.max_bitrate));
    opus_encoder_ctl(state_.get(), OPUS_SET_BITRATE(bits));
    opus_encoder_ctl(state_.get(), OPUS_SET_COMPLEXITY(complexity));
    opus_encoder_ctl(state_.get(), OPUS_SET_INBAND_FEC(options.fec ? 1 : 0));
    opus_encoder_ctl(state_.get(),
                     OPUS_SET_PACKET_LOSS_PERC(options.fec ? expected_loss_percent : 0));
  }

  std::size_t encode(std::span<const std::int16_t> samples, std::span<std::uint8_t> out) override {
    // What is empty may be a null pointer, which libopus is never to be given.
    if (samples.empty() || out.empty()) return 0;
    return count_of(opus_encode(state_.get(), samples.data(), static_cast<int>(samples.size()),
                                out.data(), static_cast<opus_int32>(out.size())));
  }

 private:
  std::unique_ptr<OpusEncoder, destroy> state_;
};

class opus_decoder final : public decoder {
 public:
  opus_decoder() {
    int error = OPUS_OK;
    state_.reset(opus_decoder_create(static_cast<opus_int32>(sample_rate), 1, &error));
    if (!state_ || error != OPUS_OK) throw std::bad_alloc();
  }

  std::size_t decode(byte_view payload, std::span<std::int16_t> out) override {
    // For libopus an empty packet is a lost one.
    if (payload.empty()) return 0;
    return run(payload, out, 0);
  }
  std::size_t conceal(std::span<std::int16_t> out) override { return run({}, out, 0); }
  std::size_t decode_fec(byte_view next, std::span<std::int16_t> out) override {
    if (next.empty()) return 0;
    return run(next, out, 1);
  }
  void reset() override { opus_decoder_ctl(state_.get(), OPUS_RESET_STATE); }

 private:
  std::size_t run(byte_view payload, std::span<std::int16_t> out, int fec) {
    if (out.empty()) return 0;  // as in encode()
    const std::size_t room = std::min(out.size(), max_packet_samples);
    return count_of(opus_decode(state_.get(), payload.empty() ? nullptr : payload.data(),
                                static_cast<opus_int32>(payload.size()), out.data(),
                                static_cast<int>(room), fec));
  }

  std::unique_ptr<OpusDecoder, destroy> state_;
};

}  // namespace

std::unique_ptr<encoder> make_encoder(const encoder_options& options) {
  return std::make_unique<opus_encoder>(options);
}

std::unique_ptr<decoder> make_decoder() { return std::make_unique<opus_decoder>(); }

std::uint32_t samples_of(byte_view payload) {
  if (payload.empty()) return 0;
  const int samples =
      opus_packet_get_nb_samples(payload.data(), static_cast<opus_int32>(payload.size()),
                                 static_cast<opus_int32>(sample_rate));
  return samples > 0 ? static_cast<std::uint32_t>(samples) : 0;
}

}  // namespace sipvoice::audio::opus
