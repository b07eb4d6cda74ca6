// Sound cards as PortAudio shows them: which there are, which one is meant, streams on them.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sipvoice/device/live_channel.hpp"

namespace sipvoice::device {

struct sound_device {
  int number = 0;  ///< PortAudio's; the same as long as nothing is plugged in or out
  std::string name;
  std::string api;              ///< "ALSA", "JACK", ...
  int inputs = 0, outputs = 0;  ///< channels
  bool default_input = false, default_output = false;
};

/// By number; nothing: that direction stays silent.
struct live_device {
  std::optional<int> input, output;
};

/// `text`: "default" or empty, a number, a name, or a part of a name (without regard to case) that
/// only one device has. Nothing: `error` says why, and which there are.
[[nodiscard]] std::optional<live_device> choose_device(const std::vector<sound_device>& devices,
                                                       const std::string& text, std::string& error);
/// The sample rate of a stream: 48 kHz where the device takes it, else the one that it prefers,
/// else the highest of the usual ones that it takes; 8 to 48 kHz, multiples of 100 Hz. Nothing: it
/// takes none of them.
[[nodiscard]] std::optional<std::uint32_t> choose_rate(
    double preferred, const std::function<bool(std::uint32_t)>& takes);
/// "0 'HDA Intel' (2 in, 2 out), ..."; of none: "there is no sound device".
[[nodiscard]] std::string list_of(const std::vector<sound_device>& devices);

/// PortAudio, started for as long as this lives; what it and ALSA say on stderr is dropped. Not to
/// be used by two threads at a time.
class sound_cards {
 public:
  static constexpr std::uint32_t highest_rate = 48000, lowest_rate = 8000;

  /// error() says what went wrong.
  sound_cards();
  ~sound_cards();
  sound_cards(const sound_cards&) = delete;
  sound_cards& operator=(const sound_cards&) = delete;

  [[nodiscard]] const std::string& error() const { return error_; }
  [[nodiscard]] std::vector<sound_device> devices() const;
  /// One rate for both of its directions; asked of the device once, which may take a moment. Of a
  /// device that answers to none, highest_rate: open() says what it has against it.
  [[nodiscard]] std::uint32_t rate_of(const live_device& device);

  /// An input and an output, separate streams; they end with this object.
  class streams;
  /// nullptr and `error`. Blocks until the card runs.
  [[nodiscard]] std::unique_ptr<streams> open(const live_device& device,
                                              std::shared_ptr<live_channel> channel,
                                              std::string& error);

 private:
  std::string error_;
  std::map<std::pair<int, int>, std::uint32_t> rates_;  ///< by input and output; -1: none
  bool started_ = false;
};

class sound_cards::streams {
 public:
  explicit streams(std::shared_ptr<live_channel> channel) : channel_(std::move(channel)) {}
  ~streams();
  streams(const streams&) = delete;
  streams& operator=(const streams&) = delete;
  /// False: a stream has ended by itself, or nothing has moved in it for `patience`: its device is
  /// gone. (When its server dies PortAudio may go round in circles without an end.)
  [[nodiscard]] bool alive();
  static constexpr std::chrono::seconds patience{3};

 private:
  friend class sound_cards;
  std::shared_ptr<live_channel> channel_;
  void *input_ = nullptr, *output_ = nullptr;  // PaStream
  struct progress {
    std::uint64_t count = 0;
    std::chrono::steady_clock::time_point since = std::chrono::steady_clock::now();
    /// Whether it has moved, or did so a moment ago.
    bool goes_on(std::uint64_t now_at);
  };
  progress in_, out_;
};

}  // namespace sipvoice::device
