// The Asio shell: UDP listeners, RTP port pairs, media workers, timers and signals around one
// endpoint and one engine. Everything runs on one signalling loop; media on the workers.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sipvoice/base/network_link.hpp"
#include "sipvoice/call/endpoint.hpp"
#include "sipvoice/io/tls_settings.hpp"
#include "sipvoice/session/engine.hpp"

namespace boost::asio {
class io_context;
}  // namespace boost::asio

namespace sipvoice::io {

struct runtime_config {
  call::endpoint_config endpoint;
  /// [udp:|tcp:|tls:]HOST:PORT; port 0: any. Empty: no SIP listener is opened.
  std::vector<std::string> listen{"udp:0.0.0.0:5060"};
  /// Besides, where this machine has the address family; without it nothing is said.
  std::vector<std::string> listen_if_possible;
  std::string dns;  ///< HOST:PORT of the DNS server; empty: those of the system
  std::string rtp_ip = "0.0.0.0";
  std::uint16_t rtp_first = 10000, rtp_last = 20000;
  unsigned workers = 0;   ///< 0: cores - 1, at least 1
  std::string pcap_file;  ///< empty: none
  tls_settings tls;       ///< of listeners and of connections of ours
  /// A bad network for what this process sends, SIP and RTP (with RTCP) apart; the delay is 1 ms
  /// unless it is set. Each UDP listener, and each port of a media session, has a path of its own.
  /// What is held back in it is bounded (impaired_path.hpp); media leave on the workers' grid of
  /// 5 ms. SIP over TCP and TLS is written later by the delay, in its order, and nothing else: a
  /// stream neither loses nor repeats. Captures have what was sent, before the network had it.
  std::optional<impairment> sip_impairment, rtp_impairment;
  /// The same packets in the same order meet the same fate.
  std::uint64_t impairment_seed = 0;
  duration grace = std::chrono::seconds(2);
  bool signals =
      true;  ///< SIGINT and SIGTERM stop it, SIGHUP calls `reload`; else they are not touched
};

/// Cannot start: what, where, why, what to do. The command exits 3.
struct start_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What was asked for cannot be used as it is: a file, or one option without another. Nothing was
/// started. The command exits 2.
struct bad_setting : start_error {
  using start_error::start_error;
};

/// What a command hears while it runs, on the signalling loop.
struct runtime_observer {
  std::function<void(const session::event_line&)> event;
  std::function<void(const session::call_record&)> finished;
  std::function<void(const std::string&)> recording_failed;
  std::function<void(const call::client_event&)> client;   ///< registrations, single requests
  std::function<void(int level, const std::string&)> log;  ///< 0 debug, 1 info, 2 warning
  std::function<void()> reload;                            ///< SIGHUP
  /// With engine().tell_values(): what an application hears.
  std::function<void(const session::told&)> told;
  std::function<void(const session::media_told&)> media_told;
  /// On the loop, when stop() has done its work and all sockets are closed.
  std::function<void()> stopped;
};

class runtime {
 public:
  /// `make_sounds` is given a function that posts to the signalling loop from any thread.
  using post_function = std::function<void(std::function<void()>)>;
  using sounds_factory = std::function<std::unique_ptr<session::sound_store>(post_function post)>;

  runtime(runtime_config config, runtime_observer observer, const sounds_factory& make_sounds);
  /// In the loop of somebody else, who runs it on one thread. It is destroyed there too, or after
  /// the last run of that loop.
  runtime(runtime_config config, runtime_observer observer, const sounds_factory& make_sounds,
          boost::asio::io_context& context);
  ~runtime();
  runtime(const runtime&) = delete;
  runtime& operator=(const runtime&) = delete;

  /// Binds every listener and starts the workers; throws start_error. Emits `listening` events.
  void start();
  /// Only with a loop of its own. Runs until stop() has finished its work. Returns 0, or 130/143
  /// after a second signal (the process is expected to leave at once then).
  int run();
  /// Graceful stop, as SIGINT does. Safe from observer callbacks, and from any thread.
  void stop();
  /// The same without waiting for anybody: run() returns at once.
  void stop_now();
  /// Calls `f` on the loop, and sees to what it has caused. From any thread.
  void post(std::function<void()> f);
  /// True after the first SIGINT/SIGTERM.
  [[nodiscard]] bool interrupted() const;

  [[nodiscard]] session::engine& engine();
  [[nodiscard]] call::endpoint& endpoint();
  [[nodiscard]] session::sound_store& sounds();
  [[nodiscard]] time_point now() const;
  [[nodiscard]] random_source& random();
  /// Places a call on the loop (before or while run()).
  call::call_id dial(const call::dial_request& request, const session::call_plan& plan);
  /// Binds exactly this RTP port and the one above it (port 0: a free pair), for open_direct().
  /// Throws start_error that names the address and the reason.
  call::media_ports bind_media(const socket_address& local, const ip_address& peer);
  /// Begins a call without signalling on the loop; after start().
  call::call_id open_direct(const session::direct_request& request, const session::call_plan& plan);
  /// A datagram of any bytes from the first UDP listener of its family, on the loop; captured and
  /// impaired as any other. False: there is no such listener, or no datagram is so long.
  bool send_raw(std::string bytes, const socket_address& to);
  /// Runs `f` on the loop at a moment from now; for --cancel-after, --duration and the like.
  void after(duration delay, std::function<void()> f);
  [[nodiscard]] std::size_t ports_in_use() const;            ///< pairs
  [[nodiscard]] std::vector<std::string> addresses() const;  ///< bound: "udp:127.0.0.1:5060"

 private:
  struct impl;
  std::shared_ptr<impl> impl_;
};

}  // namespace sipvoice::io
