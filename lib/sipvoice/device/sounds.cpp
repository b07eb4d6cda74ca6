#include "sipvoice/device/sounds.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include "sipvoice/device/free_name.hpp"
#include "sipvoice/device/live_desk.hpp"
#include "sipvoice/device/recorder.hpp"

namespace sipvoice::device {
namespace {

namespace fs = std::filesystem;

std::string describe(int error) { return std::generic_category().message(error); }

class sound_files final : public session::sound_store {
 public:
  sound_files(post_function post, speech_settings speech)
      : speech_(std::move(speech)), live_(post), recorder_(std::move(post)) {}

  std::shared_ptr<const audio::clip> load(const std::string& file, std::uint32_t sample_rate,
                                          std::string& error) override {
    const auto key = std::make_pair(file, sample_rate);
    if (const auto it = clips_.find(key); it != clips_.end()) return it->second;
    auto clip = read_sound(file, sample_rate, error);
    if (clip) clips_.emplace(key, clip);
    return clip;
  }

  std::shared_ptr<const audio::clip> speak(const std::string& text, const std::string& voice,
                                           std::uint32_t sample_rate, std::string& error) override {
    const auto key = std::make_pair(std::make_pair(text, voice), sample_rate);
    if (const auto it = spoken_.find(key); it != spoken_.end()) return it->second;
    auto clip = speech_.speak(text, voice, sample_rate, error);
    if (clip) spoken_.emplace(key, clip);
    return clip;
  }

  std::string prepare_live(const std::string& device) override { return live_.prepare(device); }
  std::unique_ptr<session::live_line> take_live(const std::string& device,
                                                std::function<void(const std::string&)> failed,
                                                bool& busy, std::string& error) override {
    return live_.take(device, std::move(failed), busy, error);
  }

  session::recording open_recording(const std::string& file, std::uint32_t sample_rate, bool stereo,
                                    std::function<void(const session::recording_result&)> done,
                                    std::string& error) override {
    return open_drawn_recording(file, {}, sample_rate, stereo, std::move(done), error);
  }

  session::recording open_drawn_recording(
      const std::string& file, const std::string& picture, std::uint32_t sample_rate, bool stereo,
      std::function<void(const session::recording_result&)> done, std::string& error) override {
    std::error_code ignored;
    fs::create_directories(fs::path(file).parent_path(), ignored);
    int failure = EEXIST;
    // Others may take a name between the look and the try; a few times is bad luck, not more.
    constexpr int most_tries = 16;
    unsigned n = first_free(file, next_number(file));
    for (int tries = 0; tries < most_tries && n <= most_names && failure == EEXIST; ++tries, ++n) {
      wav_writer writer;
      std::string name = numbered(file, n);
      failure = writer.create(name, sample_rate, stereo ? 2 : 1);
      if (failure != 0) continue;
      numbers_[file] = n + 1;
      auto sink = recorder_.add(std::move(writer), name, picture, std::move(done));
      return {std::move(name), std::move(sink)};
    }
    error =
        "cannot write " + file + ": " +
        (failure == EEXIST ? "it exists, and no number is free for another name; empty the folder"
                           : describe(failure));
    return {};
  }

  void finish() override { recorder_.finish(); }

 private:
  /// Where the search for a free name begins: thousands of calls into one name do not try all.
  unsigned next_number(const std::string& file) {
    constexpr std::size_t most_remembered = 1024;
    if (numbers_.size() > most_remembered) numbers_.clear();
    const auto it = numbers_.find(file);
    // A folder that cannot be read is told when the file is made: it must not end the process.
    std::error_code unreadable;
    return it == numbers_.end() || !fs::exists(file, unreadable) ? 1 : it->second;
  }

  std::map<std::pair<std::string, std::uint32_t>, std::shared_ptr<const audio::clip>> clips_;
  using spoken_key = std::pair<std::pair<std::string, std::string>, std::uint32_t>;
  std::map<spoken_key, std::shared_ptr<const audio::clip>> spoken_;
  class speech speech_;
  live_desk live_;
  std::map<std::string, unsigned> numbers_;
  recorder recorder_;
};

}  // namespace

std::unique_ptr<session::sound_store> make_sound_store(post_function post, speech_settings speech) {
  return std::make_unique<sound_files>(std::move(post), std::move(speech));
}

std::string prepare_folder(const std::string& folder) {
  const fs::path path = folder.empty() ? "." : folder;
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return "cannot make the folder " + path.string() + ": " + error.message();
  std::string probe = (path / ".sipvoice-XXXXXX").string();
  const int fd = ::mkostemp(probe.data(), O_CLOEXEC);
  if (fd < 0) return "cannot write in the folder " + path.string() + ": " + describe(errno);
  const bool written = ::write(fd, "", 1) == 1;
  const int failure = errno;
  ::close(fd);
  ::unlink(probe.c_str());
  if (!written) return "cannot write in the folder " + path.string() + ": " + describe(failure);
  return {};
}

}  // namespace sipvoice::device
