#include "sipvoice/device/sound_card.hpp"

#include <alsa/asoundlib.h>
#include <fcntl.h>
#include <portaudio.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "sipvoice/base/text.hpp"

namespace sipvoice::device {
namespace {

/// Less than that makes cards behind a sound server stumble.
constexpr double least_latency_s = 0.1;

/// While PortAudio looks for devices, everything that it tries complains on stderr.
class quiet_stderr {
 public:
  quiet_stderr() {
    std::fflush(stderr);
    kept_ = ::fcntl(2, F_DUPFD_CLOEXEC, 3);
    const int nothing = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (kept_ >= 0 && nothing >= 0) ::dup2(nothing, 2);
    if (nothing >= 0) ::close(nothing);
  }
  ~quiet_stderr() {
    if (kept_ < 0) return;
    ::dup2(kept_, 2);
    ::close(kept_);
  }
  quiet_stderr(const quiet_stderr&) = delete;
  quiet_stderr& operator=(const quiet_stderr&) = delete;

 private:
  int kept_ = -1;
};

void say_nothing(const char*, int, const char*, int, const char*, ...) {}

std::string text_of(PaError code) {
  if (code == paUnanticipatedHostError) {
    const PaHostErrorInfo* info = ::Pa_GetLastHostErrorInfo();
    if (info != nullptr && info->errorText != nullptr && info->errorText[0] != '\0')
      return info->errorText;
  }
  return ::Pa_GetErrorText(code);
}

int on_input(const void* input, void*, unsigned long frames, const PaStreamCallbackTimeInfo*,
             PaStreamCallbackFlags flags, void* user) {
  auto& channel = *static_cast<live_channel*>(user);
  if ((flags & paInputOverflow) != 0) channel.stumbled();
  if (input != nullptr) channel.captured({static_cast<const std::int16_t*>(input), frames});
  return paContinue;
}

int on_output(const void*, void* output, unsigned long frames, const PaStreamCallbackTimeInfo*,
              PaStreamCallbackFlags flags, void* user) {
  auto& channel = *static_cast<live_channel*>(user);
  if ((flags & paOutputUnderflow) != 0) channel.stumbled();
  channel.play({static_cast<std::int16_t*>(output), frames});
  return paContinue;
}

PaStreamParameters parameters_of(int device, bool input, const PaDeviceInfo& info) {
  PaStreamParameters p{};
  p.device = device;
  p.channelCount = 1;
  p.sampleFormat = paInt16;
  p.suggestedLatency =
      std::max(least_latency_s, input ? info.defaultLowInputLatency : info.defaultLowOutputLatency);
  return p;
}

bool takes(std::optional<int> device, bool input, std::uint32_t rate) {
  const PaDeviceInfo* info = device ? ::Pa_GetDeviceInfo(*device) : nullptr;
  if (info == nullptr) return !device;
  const PaStreamParameters p = parameters_of(*device, input, *info);
  return ::Pa_IsFormatSupported(input ? &p : nullptr, input ? nullptr : &p, rate) ==
         paFormatIsSupported;
}

bool open_one(int device, bool input, live_channel& channel, PaStream** stream, PaError& code) {
  const PaDeviceInfo* info = ::Pa_GetDeviceInfo(device);
  if (info == nullptr) {
    code = paInvalidDevice;
    return false;
  }
  const PaStreamParameters p = parameters_of(device, input, *info);
  code = ::Pa_OpenStream(stream, input ? &p : nullptr, input ? nullptr : &p, channel.sample_rate(),
                         paFramesPerBufferUnspecified, paNoFlag, input ? on_input : on_output,
                         &channel);
  if (code == paNoError) code = ::Pa_StartStream(*stream);
  return code == paNoError;
}

std::string about(const sound_device& d) {
  return std::to_string(d.number) + " '" + printable(d.name) + "' (" + std::to_string(d.inputs) +
         " in, " + std::to_string(d.outputs) + " out)";
}

live_device both_of(const sound_device& d) {
  live_device chosen;
  if (d.inputs > 0) chosen.input = d.number;
  if (d.outputs > 0) chosen.output = d.number;
  return chosen;
}

std::vector<const sound_device*> meant_by(const std::vector<sound_device>& devices,
                                          const std::string& text) {
  std::vector<const sound_device*> exact, near;
  const auto number = parse_decimal(text, 100'000);
  const std::string part = to_lower(std::string_view(text));
  for (const sound_device& d : devices) {
    if (number && d.number == static_cast<int>(*number)) return {&d};
    if (d.name == text) exact.push_back(&d);
    if (to_lower(std::string_view(d.name)).find(part) != std::string::npos) near.push_back(&d);
  }
  return exact.empty() ? near : exact;
}

}  // namespace

std::string list_of(const std::vector<sound_device>& devices) {
  if (devices.empty()) return "there is no sound device";
  std::string all;
  for (const sound_device& d : devices) all.append(all.empty() ? "there are " : ", ") += about(d);
  return all;
}

std::optional<live_device> choose_device(const std::vector<sound_device>& devices,
                                         const std::string& text, std::string& error) {
  live_device chosen;
  if (text.empty() || text == "default") {
    for (const sound_device& d : devices) {
      if (d.default_input && d.inputs > 0) chosen.input = d.number;
      if (d.default_output && d.outputs > 0) chosen.output = d.number;
    }
    if (chosen.input || chosen.output) return chosen;
    error = "no default sound device; " + list_of(devices);
    return std::nullopt;
  }
  const auto meant = meant_by(devices, text);
  if (meant.size() == 1) {
    chosen = both_of(*meant.front());
    if (chosen.input || chosen.output) return chosen;
  }
  error = (meant.size() > 1 ? "several sound devices are meant by '" : "no sound device '") +
          printable(text) + "'; " + list_of(devices);
  return std::nullopt;
}

std::optional<std::uint32_t> choose_rate(double preferred,
                                         const std::function<bool(std::uint32_t)>& takes) {
  // 10 ms are a whole number of samples.
  const bool usable = preferred >= sound_cards::lowest_rate &&
                      preferred <= sound_cards::highest_rate && std::fmod(preferred, 100) == 0;
  const auto first = usable ? static_cast<std::uint32_t>(preferred) : sound_cards::highest_rate;
  for (const std::uint32_t rate :
       {sound_cards::highest_rate, first, 44100U, 32000U, 24000U, 16000U, sound_cards::lowest_rate})
    if (takes(rate)) return rate;
  return std::nullopt;
}

sound_cards::sound_cards() {
  // For good: streams complain too, later and on threads of their own.
  ::snd_lib_error_set_handler(say_nothing);
  const quiet_stderr quiet;
  const PaError code = ::Pa_Initialize();
  started_ = code == paNoError;
  if (!started_) error_ = "cannot look for sound devices: " + text_of(code);
}

sound_cards::~sound_cards() {
  const quiet_stderr quiet;
  if (started_) ::Pa_Terminate();
}

std::vector<sound_device> sound_cards::devices() const {
  std::vector<sound_device> found;
  const int count = started_ ? ::Pa_GetDeviceCount() : 0;
  for (int i = 0; i < count; ++i) {
    const PaDeviceInfo* info = ::Pa_GetDeviceInfo(i);
    if (info == nullptr) continue;
    const PaHostApiInfo* api = ::Pa_GetHostApiInfo(info->hostApi);
    found.push_back({i, info->name != nullptr ? info->name : "", api != nullptr ? api->name : "",
                     info->maxInputChannels, info->maxOutputChannels,
                     i == ::Pa_GetDefaultInputDevice(), i == ::Pa_GetDefaultOutputDevice()});
  }
  return found;
}

std::uint32_t sound_cards::rate_of(const live_device& device) {
  const std::pair key{device.input.value_or(-1), device.output.value_or(-1)};
  if (const auto known = rates_.find(key); known != rates_.end()) return known->second;
  const PaDeviceInfo* info = ::Pa_GetDeviceInfo(device.input.value_or(device.output.value_or(0)));
  const quiet_stderr quiet;
  const auto rate =
      choose_rate(info != nullptr ? info->defaultSampleRate : 0, [&](std::uint32_t wanted) {
        return takes(device.input, true, wanted) && takes(device.output, false, wanted);
      });
  if (!rate) return highest_rate;  // it may only be busy
  rates_.emplace(key, *rate);
  return *rate;
}

std::unique_ptr<sound_cards::streams> sound_cards::open(const live_device& device,
                                                        std::shared_ptr<live_channel> channel,
                                                        std::string& error) {
  auto opened = std::make_unique<streams>(channel);
  PaError code = paNoError;
  const bool output =
      !device.output || open_one(*device.output, false, *channel, &opened->output_, code);
  const bool input =
      output && (!device.input || open_one(*device.input, true, *channel, &opened->input_, code));
  if (output && input) return opened;
  error =
      std::string("cannot open the ") + (output ? "microphone" : "speaker") + ": " + text_of(code);
  return nullptr;
}

sound_cards::streams::~streams() {
  for (void* stream : {input_, output_})
    if (stream != nullptr) {
      ::Pa_AbortStream(stream);
      ::Pa_CloseStream(stream);
    }
}

bool sound_cards::streams::progress::goes_on(std::uint64_t now_at) {
  const auto now = std::chrono::steady_clock::now();
  if (std::exchange(count, now_at) != now_at) since = now;
  return now - since < patience;
}

bool sound_cards::streams::alive() {
  for (void* stream : {input_, output_})
    if (stream != nullptr && ::Pa_IsStreamActive(stream) != 1) return false;
  return (input_ == nullptr || in_.goes_on(channel_->captures())) &&
         (output_ == nullptr || out_.goes_on(channel_->plays()));
}

}  // namespace sipvoice::device
