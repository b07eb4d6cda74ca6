// All media of the process as the signalling loop sees it: the port pool, the workers, and which
// session lives on which worker.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "sipvoice/io/media_worker.hpp"
#include "sipvoice/io/port_pool.hpp"

namespace sipvoice::io {

struct media_hub_config {
  ip_address rtp_ip;
  std::uint16_t rtp_first = 10000, rtp_last = 20000;
  unsigned workers = 0;  ///< 0: cores - 1, at least 1
  /// Of what every session sends; each has paths of its own.
  std::optional<impairment> impaired = {};
  std::uint64_t impairment_seed = 0;
};

class media_hub {
 public:
  /// `events` is called on the workers' threads: it posts to the loop, which calls note() of each.
  media_hub(const media_hub_config& config, call::host_environment& host,
            media_worker::event_function events);

  /// Starts the threads; with a writer, each has a tap of it.
  void start(pcap_writer* capture);
  /// Ends every session and joins the threads; their last events have been given to `events`.
  void stop();

  [[nodiscard]] std::optional<call::media_ports> acquire(const ip_address& peer);
  [[nodiscard]] auto bind(const socket_address& local, const ip_address& peer) {
    return ports_.bind(local, peer);
  }
  /// A pair that no session was opened on.
  void release(media::port_pair_id ports);

  // These reach the worker with the next flush(), together.
  void open(const media::media_open& open);
  void change(const media::media_change& change);
  void command(media::media_command command);
  void close(media::media_id id);
  /// At the end of each turn of the loop.
  void flush();
  /// On the loop, of every event before anything else hears it: frees what a closed session had.
  void note(const media::media_event& event);

  [[nodiscard]] std::size_t sessions() const { return placed_.size(); }
  [[nodiscard]] std::size_t ports_in_use() const { return ports_.in_use(); }
  [[nodiscard]] unsigned workers() const { return worker_count_; }
  [[nodiscard]] worker_counters counters() const;  ///< of all workers together

 private:
  struct place {
    std::size_t worker;
    media::port_pair_id ports;
  };
  [[nodiscard]] std::size_t least_loaded() const;
  [[nodiscard]] media_worker* worker_of(media::media_id id);

  std::optional<impairment> impaired_;
  seeded_random path_seeds_;  ///< two for each session, in the order in which they are opened
  port_pool ports_;
  unsigned worker_count_;
  media_worker::event_function events_;
  std::vector<std::unique_ptr<media_worker>> workers_;
  std::vector<std::size_t> load_;
  std::unordered_map<media::media_id, place> placed_;
};

}  // namespace sipvoice::io
