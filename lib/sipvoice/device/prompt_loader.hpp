// Prompts that are read or spoken while calls are up, by a thread of its own: reading decodes and
// resamples, speaking runs a program for up to half a minute. The signalling loop gets the clips.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "sipvoice/session/sound_store.hpp"

namespace sipvoice::device {

class prompt_loader {
 public:
  struct outcome {
    std::vector<std::shared_ptr<const audio::clip>> clips;  ///< of the wishes, up to the failed one
    std::string error;  ///< of the first that failed; empty: none
  };
  using done_function = std::function<void(outcome)>;
  /// Called on the thread: nullptr and `error` where it fails.
  using make_function = std::function<std::shared_ptr<const audio::clip>(
      const session::prompt_wish& wish, std::string& error)>;

  /// `post` brings outcomes to the signalling loop, in the order in which they were asked for.
  prompt_loader(std::function<void(std::function<void()>)> post, make_function make);
  ~prompt_loader();
  prompt_loader(const prompt_loader&) = delete;
  prompt_loader& operator=(const prompt_loader&) = delete;

  void load(std::vector<session::prompt_wish> wishes, done_function done);
  /// What waits is given up; waits for the `make` that is under way.
  void stop();

 private:
  struct job {
    std::vector<session::prompt_wish> wishes;
    done_function done;
  };
  void run();
  [[nodiscard]] outcome make_all(const std::vector<session::prompt_wish>& wishes);

  std::function<void(std::function<void()>)> post_;
  make_function make_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<job> jobs_;  ///< guarded by mutex_
  std::atomic<bool> stopping_{false};
  std::thread thread_;  ///< from the first job on
};

}  // namespace sipvoice::device
