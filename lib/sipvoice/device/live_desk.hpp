// Hands out sound cards to calls, one call a card, and opens and closes their streams on a thread
// of its own: a card may take its time.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

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

  /// Looks for the device; the first time also for all there are. Empty, or what is wrong.
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
  void run();
  void serve(job& j);
  void fail(job& j, const std::string& why);
  void open(const std::shared_ptr<job>& j);
  void release(const std::shared_ptr<job>& j);

  std::function<void(std::function<void()>)> post_;
  std::unique_ptr<sound_cards> cards_;
  std::set<std::string> taken_;  ///< of the signalling loop: "in 3", "out 5"
  wake_up wake_;
  std::mutex mutex_;
  std::list<std::shared_ptr<job>> jobs_;  ///< guarded by mutex_
  bool stopping_ = false;                 ///< guarded by mutex_
  std::thread thread_;
};

}  // namespace sipvoice::device
