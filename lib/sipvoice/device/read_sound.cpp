// Prompts: whatever libsndfile reads, to mono at the rate that is asked for.
#include <sndfile.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "sipvoice/audio/resample.hpp"
#include "sipvoice/device/sounds.hpp"

namespace sipvoice::device {
namespace {

struct closer {
  void operator()(SNDFILE* f) const { ::sf_close(f); }
};
using sound_file = std::unique_ptr<SNDFILE, closer>;

constexpr int most_channels = 64;
constexpr int least_rate = 1000, most_rate = 384'000;
constexpr std::size_t chunk_frames = 4096;

std::int16_t to_sample(float v) {
  const float scaled = std::isfinite(v) ? v * 32768.0F : 0.0F;
  return static_cast<std::int16_t>(std::lrint(std::clamp(scaled, -32768.0F, 32767.0F)));
}

/// The mean of each frame's channels: loudness stays, and what only one channel has is heard.
void append_mono(std::vector<std::int16_t>& out, const std::vector<float>& frames,
                 std::size_t count, std::size_t channels) {
  for (std::size_t i = 0; i < count; ++i) {
    float sum = 0;
    for (std::size_t c = 0; c < channels; ++c) sum += frames[i * channels + c];
    out.push_back(to_sample(channels == 1 ? sum : sum / static_cast<float>(channels)));
  }
}

/// False when the file is longer than a prompt may be. What the header promises is not believed.
bool read_mono(SNDFILE* file, const SF_INFO& info, std::vector<std::int16_t>& out) {
  const auto channels = static_cast<std::size_t>(info.channels);
  const std::uint64_t most = max_prompt_seconds * static_cast<std::uint64_t>(info.samplerate);
  std::vector<float> buffer(chunk_frames * channels);
  for (;;) {
    const sf_count_t n = ::sf_readf_float(file, buffer.data(), chunk_frames);
    if (n <= 0) return true;
    if (out.size() + static_cast<std::size_t>(n) > most) return false;
    append_mono(out, buffer, static_cast<std::size_t>(n), channels);
  }
}

}  // namespace

std::shared_ptr<const audio::clip> read_sound(const std::string& file, std::uint32_t sample_rate,
                                              std::string& error) {
  SF_INFO info{};
  const sound_file handle(::sf_open(file.c_str(), SFM_READ, &info));
  const auto refuse = [&](const std::string& why) {
    error = "cannot read " + file + ": " + why;
    return nullptr;
  };
  if (!handle) return refuse(::sf_strerror(nullptr));
  if (info.channels < 1 || info.channels > most_channels || info.samplerate < least_rate ||
      info.samplerate > most_rate)
    return refuse("no sound of 1 to 64 channels and 1 to 384 kHz");
  auto clip = std::make_shared<audio::clip>();
  clip->name = file;
  if (!read_mono(handle.get(), info, clip->samples))
    return refuse("longer than " + std::to_string(max_prompt_seconds) + " seconds");
  if (clip->samples.empty()) return refuse("no sound in it");
  const auto own_rate = static_cast<std::uint32_t>(info.samplerate);
  clip->sample_rate = sample_rate == 0 ? own_rate : sample_rate;
  if (clip->sample_rate != own_rate)
    clip->samples = audio::resample(clip->samples, own_rate, clip->sample_rate);
  return clip;
}

}  // namespace sipvoice::device
