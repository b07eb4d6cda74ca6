// Private to runtime: the loop's objects and the dispatch between them.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "sipvoice/io/clock.hpp"
#include "sipvoice/io/local_route.hpp"
#include "sipvoice/io/media_hub.hpp"
#include "sipvoice/io/pcap_writer.hpp"
#include "sipvoice/io/resolver.hpp"
#include "sipvoice/io/runtime.hpp"
#include "sipvoice/io/stream_shell.hpp"
#include "sipvoice/io/system_random.hpp"
#include "sipvoice/io/udp_listener.hpp"

namespace sipvoice::io {

struct runtime::impl {
  /// `shared`: nothing, or the loop of somebody else.
  impl(runtime_config c, runtime_observer o, const sounds_factory& make_sounds,
       boost::asio::io_context* shared);
  ~impl();

  // --- starting (runtime_start.cpp)
  void start();
  void open_capture();
  void check_media_addresses();
  void open_listener(const std::string& text, bool optional = false);
  call::media_ports bind_media(const socket_address& local, const ip_address& peer);
  void make_streams();
  void make_resolver();

  // --- running
  int run();
  void begin_stop();
  void finish();
  void close_all();
  void end_in_shared_loop();
  void wait_for_signal();
  void on_signal(int number);
  void after(duration delay, std::function<void()> f);

  /// Everything that endpoint and engine have to say, and every timer that is due; then the timer
  /// is armed. Called after whatever was put in; once more from inside it does nothing.
  void drain();
  bool run_due();
  void arm();
  void check_end();
  /// Something that was sent has not left yet, on purpose.
  bool holds_back();
  void media_events(const std::vector<media::media_event>& events);
  void received(sip::flow_id flow, const socket_address& from, const ip_address& local,
                std::string bytes);
  void segment_came(sip::flow_id flow, std::string_view segment);
  struct bound;
  void send_on_stream(const sip::transmit& v);
  void send_datagram(bound& from, const socket_address& to, std::string bytes);
  bool send_raw(std::string bytes, const socket_address& to);

  // --- what was polled from the endpoint
  void on(sip::transmit& v);
  void on(const call::need_media_port& v);
  void on(const call::release_media_port& v) { media.release(v.ports); }
  void on(const call::open_flow& v);
  void on(const call::close_flow& v) {
    if (streams) streams->close(v.flow);
  }
  void on(const call::dns_question& v);
  void on(const media::media_open& v) { media.open(v); }
  void on(const media::media_change& v) { media.change(v); }
  void on(const media::media_close& v) { media.close(v.id); }
  void on(const call::call_event& v) { engine.handle(v, monotonic_now()); }
  void on(const call::log_line& v) { log(v.level, v.text); }
  // --- and from the engine
  void on(const media::media_command& v) { media.command(v); }
  void on(const session::event_line& v);
  void on(const session::call_finished& v);
  void on(const session::recording_failed& v);
  void on(const session::client_told& v);
  void on(const session::told& v) {
    if (observer.told) observer.told(v);
  }
  void on(const session::media_told& v) {
    if (observer.media_told) observer.media_told(v);
  }

  void log(int level, const std::string& text) const;

  runtime_config config;
  runtime_observer observer;
  // First in, last out: everything below posts to it.
  std::optional<boost::asio::io_context> own;
  boost::asio::io_context& context;
  system_random random;
  local_route route;
  media_hub media;
  std::unique_ptr<session::sound_store> sounds;
  call::endpoint endpoint;
  session::engine engine;
  boost::asio::signal_set signals;
  boost::asio::steady_timer timer, grace_timer, hold_timer;
  std::optional<resolver> names;  ///< nothing before start()
  struct bound {
    sip::transport transport;
    socket_address local;
    std::unique_ptr<udp_listener> udp;  ///< nullptr of streams
    [[nodiscard]] std::string to_string() const;
  };
  std::vector<bound> listeners;  ///< flow_id is the index and 1
  std::optional<tls_contexts> tls;
  std::optional<stream_shell> streams;
  std::unique_ptr<pcap_writer> capture;
  packet_tap* tap = nullptr;
  time_point armed = never;
  /// From start() to the end: media workers post to the loop where no socket keeps it.
  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work;
  bool closed = false;   ///< all sockets and timers
  bool holding = false;  ///< hold_timer runs
  bool draining = false, stopping = false, finished = false, interrupted = false;
  int exit_code = 0;
};

}  // namespace sipvoice::io
