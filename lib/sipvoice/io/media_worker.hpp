// One thread of media: wakes on a fixed absolute grid of 5 ms, drains every socket that has
// something, runs every session whose tick is due, sends what they have. No timer, no readiness
// callback, no allocation, no lock and no log line a packet; without sessions it sleeps.
//
// Everything goes in as values through one inbox that is looked at once a slice; everything comes
// out as one vector of events a slice. Nobody but this thread touches a session that lives here.
// What the loop says in one turn (open a session, then echo on it) goes in as one: no tick falls
// between.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <variant>
#include <vector>

#include "sipvoice/io/impaired_path.hpp"
#include "sipvoice/io/pcap_writer.hpp"
#include "sipvoice/io/port_pool.hpp"
#include "sipvoice/media/values.hpp"

namespace sipvoice::io {

/// The grid: multiples of `slice` of the monotonic clock, on every worker.
inline constexpr duration slice = std::chrono::milliseconds(5);
/// Sessions are spread over so many slices by the slice of their first tick: 20 ms of them.
inline constexpr std::size_t slice_phases = 4;

struct worker_counters {
  std::uint64_t slices = 0;
  std::uint64_t late_slices = 0;  ///< begun a whole slice or more after their time, caught up
  std::uint64_t received = 0, sent = 0;  ///< datagrams
  std::uint64_t truncated = 0;           ///< longer than any RTP packet: dropped
  std::uint64_t send_errors = 0;         ///< refused by the system: dropped
};

class media_worker {
 public:
  /// Called on the worker's thread, at most once a slice.
  using event_function = std::function<void(std::vector<media::media_event>)>;

  /// `tap`: where packets are captured; null: not.
  explicit media_worker(event_function events, packet_tap* tap = nullptr);
  ~media_worker();
  media_worker(const media_worker&) = delete;
  media_worker& operator=(const media_worker&) = delete;

  // These wait for flush(); all of them, and flush(), on one thread.
  /// The descriptors stay open until media_closed has been told.
  /// With `paths`, what it sends goes by these, and leaves at the first point of the grid that is
  /// not before its arrival; what is still under way when it ends leaves then.
  void open(const media::media_open& open, const port_pool::sockets& sockets,
            std::unique_ptr<impaired_ports> paths = {});
  void change(media::media_change change);
  void command(media::media_command command);
  /// media_closed with the final statistics follows.
  void close(media::media_id id);
  /// Hands over what was said since the last time.
  void flush();
  /// Closes every session, tells their last events, and ends the thread. Idempotent.
  void stop();

  [[nodiscard]] worker_counters counters() const;  ///< from any thread

 private:
  struct open_mail {
    media::media_open open;
    port_pool::sockets sockets;
    std::unique_ptr<impaired_ports> paths;
  };
  struct stop_mail {};
  using mail = std::variant<open_mail, media::media_change, media::media_command,
                            media::media_close, stop_mail>;
  class loop;

  std::vector<mail> outbox_;  ///< of the one thread that speaks to this worker
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<mail> inbox_;  ///< guarded by mutex_
  bool idle_ = false;        ///< guarded by mutex_: the thread waits for mail
  std::atomic<bool> has_mail_{false};
  std::unique_ptr<loop> loop_;
  std::thread thread_;
};

}  // namespace sipvoice::io
