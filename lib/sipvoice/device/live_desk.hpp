// Hands out sound cards to calls, one call a card. All that PortAudio is asked, it is asked by one
// thread of its own: it knows no others, and a card may take its time.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sipvoice/device/recording_channel.hpp"
#include "sipvoice/device/sound_card.hpp"
#include "sipvoice/session/sound_store.hpp"

namespace sipvoice::device {

class live_desk {
 public:
  using failure_function = std::function<void(const std::string&)>;

  /// `post` brings failures to the signalling loop.
  explicit live_desk(std::function<void(std::function<void()>)> post);
  /// Closes all streams and waits for that.
  ~live_desk();
  live_desk(const live_desk&) = delete;
  live_desk& operator=(const live_desk&) = delete;

  /// Looks for the device; the first time also for all there are. Empty, or what is wrong. Of one
  /// that it has not seen before it waits for the thread.
  [[nodiscard]] std::string prepare(const std::string& device);
  /// The device for one call. nullptr: `error` says why; `busy`, that another call has it.
  [[nodiscard]] std::unique_ptr<session::live_line> take(const std::string& device,
                                                         failure_function failed, bool& busy,
                                                         std::string& error);

 private:
  class line;
  /// What the thread has to do for one call; shared with its line.
  struct job {
    live_device device;
    std::shared_ptr<live_channel> channel;
    failure_function failed;
    bool wanted = false;                            ///< guarded by mutex_: to be opened
    bool released = false;                          ///< guarded by mutex_: to be closed
    std::unique_ptr<sound_cards::streams> streams;  ///< of the thread
    bool tried = false;                             ///< of the thread
  };
  [[nodiscard]] std::string look_for_cards();
  /// Done on the thread; returns when it is.
  void ask(const std::function<void()>& question);
  void run();
  void serve(job& j);
  void fail(job& j, const std::string& why);
  void open(const std::shared_ptr<job>& j);
  void release(const std::shared_ptr<job>& j);

  std::function<void(std::function<void()>)> post_;
  std::unique_ptr<sound_cards> cards_;  ///< of the thread
  // Of the signalling loop:
  std::vector<sound_device> devices_;
  std::map<std::pair<int, int>, std::uint32_t> rates_;  ///< by input and output; -1: none
  bool looked_ = false;
  std::set<std::string> taken_;  ///< "in 3", "out 5"
  wake_up wake_;
  std::mutex mutex_;
  std::list<std::shared_ptr<job>> jobs_;             ///< guarded by mutex_
  const std::function<void()>* question_ = nullptr;  ///< guarded by mutex_: nullptr: answered
  std::condition_variable answered_;
  bool stopping_ = false;  ///< guarded by mutex_
  std::thread thread_;
};

}  // namespace sipvoice::device
