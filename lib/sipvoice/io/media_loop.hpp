// Private to media_worker: what runs on its thread.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <unordered_map>

#include "sipvoice/io/media_worker.hpp"
#include "sipvoice/io/socket_batch.hpp"
#include "sipvoice/media/media_session.hpp"

namespace sipvoice::io {

class media_worker::loop {
 public:
  loop(media_worker& owner, event_function events, packet_tap* tap);

  /// Until stop_mail.
  void run();
  [[nodiscard]] worker_counters counters() const;

 private:
  struct stream;
  /// What epoll hands back.
  struct source {
    stream* owner = nullptr;
    int fd = -1;
    bool rtcp = false;
    bool queued = false;   ///< in backlog_
    bool watched = false;  ///< by epoll_; else it is read in every slice
  };
  struct stream {
    stream(const media::media_open& o, const port_pool::sockets& s, time_point now,
           time_point first_tick, std::size_t p);
    media::media_id id;
    media::media_session session;
    port_pool::sockets sockets;
    source rtp, rtcp;
    std::unique_ptr<impaired_ports> paths;  ///< nullptr: what it sends leaves at once
    std::size_t phase;                      ///< slice of 20 ms in which it ticks
    std::size_t index;                      ///< in streams_ and deadlines_
  };
  /// Between calls that follow each other closely the grid goes on: to wake by mail costs more.
  static constexpr unsigned slices_until_idle = 8;
  /// More than a socket's buffer holds of a stream that somebody listens to.
  static constexpr int reads_at_end = 32;
  using counter = std::atomic<std::uint64_t>;  ///< written here, read anywhere

  void wait_for_mail();
  void run_slice();
  void take_mail();
  void make_room();
  void deliver(open_mail& m);
  void deliver(media::media_change& m);
  void deliver(media::media_command& m);
  void deliver(media::media_close& m);
  void deliver(stop_mail& m);
  [[nodiscard]] time_point choose_first_tick(std::size_t& phase) const;
  void watch_young();
  void watch(source& s);
  void end(stream& s);
  void receive_ready();
  /// One batch; how many there were.
  std::size_t receive_from(source& s);
  void drain_sockets(stream& s);
  void run_due();
  void drain(stream& s);
  void send(stream& s, const media::media_session::outgoing& out);
  void transmit(int fd, const socket_address& to, byte_view bytes);
  /// Of the paths of a session: what has arrived by then.
  void send_arrived(stream& s, time_point by);
  void publish();
  [[nodiscard]] stream* find(media::media_id id);

  media_worker& owner_;
  event_function events_function_;
  packet_tap* tap_;
  unique_fd epoll_;
  socket_batch batch_;
  std::unordered_map<media::media_id, std::unique_ptr<stream>> by_id_;
  // Two arrays side by side: looking for what is due touches deadlines only.
  std::vector<stream*> streams_;
  std::vector<time_point> deadlines_;
  std::array<std::size_t, slice_phases> load_{};
  std::vector<stream*> impaired_;        ///< those with paths
  std::vector<epoll_event> ready_;       ///< room for every socket
  std::vector<media::media_id> failed_;  ///< could not be made; their media_close is to come
  // Not watched yet: many a call is over before a socket of it had anything to say.
  std::vector<stream*> fresh_;            ///< opened in this slice
  std::vector<stream*> young_;            ///< in the slice before: watched in this one
  std::size_t watched_ = 0;               ///< sockets in epoll_
  std::vector<source*> backlog_, again_;  ///< sockets that had more than one turn's worth
  std::vector<mail> mail_;
  std::vector<media::media_event> events_;
  time_point next_slice_{};
  unsigned idle_slices_ = slices_until_idle;  ///< since there was a session
  clock_reading clocks_{};
  bool stopping_ = false;
  counter slices_{0}, late_slices_{0}, received_{0}, sent_{0}, truncated_{0}, send_errors_{0};
};

}  // namespace sipvoice::io
