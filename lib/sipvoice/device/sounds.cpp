#include "sipvoice/device/sounds.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <map>
#include <set>
#include <system_error>
#include <tuple>
#include <utility>

#include "sipvoice/device/free_name.hpp"
#include "sipvoice/device/live_desk.hpp"
#include "sipvoice/device/prompt_loader.hpp"
#include "sipvoice/device/recorder.hpp"

namespace sipvoice::device {
namespace {

namespace fs = std::filesystem;

std::string describe(int error) { return std::generic_category().message(error); }

/// Tells a file from what stood under its name before.
struct file_stamp {
  std::int64_t seconds = 0, nanoseconds = 0, size = -1;
  std::uint64_t number = 0;  ///< of the inode

  /// Of one that is not there: no stamp of a file.
  static file_stamp of(const std::string& file) {
    struct stat s {};
    if (::stat(file.c_str(), &s) != 0) return {};
    return {s.st_mtim.tv_sec, s.st_mtim.tv_nsec, s.st_size, s.st_ino};
  }
  friend bool operator==(const file_stamp&, const file_stamp&) = default;
};

class sound_files final : public session::sound_store {
 public:
  sound_files(post_function post, speech_settings speech)
      : speech_(ended_by(ending_, std::move(speech))),
        live_(post),
        loader_(post,
                [this](const session::prompt_wish& wish, std::string& error) {
                  const auto& [source, rate] = wish;
                  return source.is_spoken() ? speech_.speak(source.text, source.voice, rate, error)
                                            : read_sound(source.file, rate, error);
                }),
        recorder_(std::move(post)) {}
  ~sound_files() override { ending_ = true; }
  sound_files(const sound_files&) = delete;
  sound_files& operator=(const sound_files&) = delete;

  std::shared_ptr<const audio::clip> load(const std::string& file, std::uint32_t sample_rate,
                                          std::string& error) override {
    const auto key = std::make_pair(file, sample_rate);
    if (const auto it = clips_.find(key); it != clips_.end()) return it->second.clip;
    const auto stamp = file_stamp::of(file);
    auto clip = read_sound(file, sample_rate, error);
    if (clip) clips_.emplace(key, kept_clip{clip, stamp});
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

  void prepare(std::vector<session::prompt_wish> wishes, prepared_function done) override {
    // Each once, whichever codecs have that rate; and files that have changed anew.
    std::set<std::tuple<std::string, std::string, std::string, std::uint32_t>> seen;
    std::vector<file_stamp> stamps;
    std::erase_if(wishes, [&](const session::prompt_wish& w) {
      const auto& [file, text, voice, tone] = w.source;
      if (tone) return true;  // made when it is played
      if (!seen.emplace(file, text, voice, w.sample_rate).second) return true;
      const file_stamp stamp = w.source.is_spoken() ? file_stamp{} : file_stamp::of(file);
      if (is_kept(w, stamp)) return true;
      stamps.push_back(stamp);
      return false;
    });
    // Behind what is under way, even where nothing is to be done: in the order of the calls.
    if (wishes.empty() && loading_ == 0) return done(std::nullopt, {});
    ++loading_;
    auto wanted = wishes;
    loader_.load(std::move(wanted), [this, wishes = std::move(wishes), stamps = std::move(stamps),
                                     done = std::move(done)](const prompt_loader::outcome& made) {
      --loading_;
      // All or none: where one fails, what was known before goes on as a whole.
      if (made.clips.size() < wishes.size()) return done(wishes[made.clips.size()], made.error);
      for (std::size_t i = 0; i < made.clips.size(); ++i) keep(wishes[i], made.clips[i], stamps[i]);
      done(std::nullopt, {});
    });
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

  void finish() override {
    ending_ = true;
    loader_.stop();
    recorder_.finish();
  }

 private:
  using clip_pointer = std::shared_ptr<const audio::clip>;

  static speech_settings ended_by(const std::atomic<bool>& ending, speech_settings s) {
    s.stop = &ending;
    return s;
  }
  struct kept_clip {
    clip_pointer clip;
    file_stamp stamp;
  };

  [[nodiscard]] bool is_kept(const session::prompt_wish& w, const file_stamp& stamp) const {
    if (w.source.is_spoken())
      return spoken_.contains({{w.source.text, w.source.voice}, w.sample_rate});
    const auto it = clips_.find({w.source.file, w.sample_rate});
    return it != clips_.end() && it->second.stamp == stamp;
  }
  /// The clip of before lives on in the calls that play it.
  void keep(const session::prompt_wish& w, const clip_pointer& clip, const file_stamp& stamp) {
    if (w.source.is_spoken())
      spoken_.try_emplace({{w.source.text, w.source.voice}, w.sample_rate}, clip);
    else
      clips_.insert_or_assign({w.source.file, w.sample_rate}, kept_clip{clip, stamp});
  }
  /// Where the search for a free name begins: thousands of calls into one name do not try all.
  unsigned next_number(const std::string& file) {
    constexpr std::size_t most_remembered = 1024;
    if (numbers_.size() > most_remembered) numbers_.clear();
    const auto it = numbers_.find(file);
    // A folder that cannot be read is told when the file is made: it must not end the process.
    std::error_code unreadable;
    return it == numbers_.end() || !fs::exists(file, unreadable) ? 1 : it->second;
  }

  std::map<std::pair<std::string, std::uint32_t>, kept_clip> clips_;
  using spoken_key = std::pair<std::pair<std::string, std::string>, std::uint32_t>;
  std::map<spoken_key, std::shared_ptr<const audio::clip>> spoken_;
  std::atomic<bool> ending_{false};
  const class speech speech_;  ///< of both threads: it holds nothing that changes
  live_desk live_;
  std::size_t loading_ = 0;  ///< jobs of the loader that have not been told
  prompt_loader loader_;
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
