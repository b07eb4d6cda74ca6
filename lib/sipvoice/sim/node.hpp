// A simulated machine that runs one endpoint with its media: what `io::runtime` is over sockets.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "sipvoice/call/endpoint.hpp"
#include "sipvoice/media/media_session.hpp"
#include "sipvoice/sim/world.hpp"

namespace sipvoice::sim {

/// What a node does with its calls. Called in line; may command the node's endpoint.
class application {
 public:
  virtual ~application() = default;
  virtual void on_call_event(const call::call_event& event, time_point now) = 0;
  virtual void on_media_event(const media::media_event& event, time_point now) = 0;
  virtual void handle_timeout(time_point now) = 0;
  [[nodiscard]] virtual time_point next_deadline() const = 0;
};

struct node_config {
  ip_address address;
  std::uint16_t sip_port = 5060;
  std::uint16_t tcp_port = 0, tls_port = 0;  ///< of stream listeners; 0: none
  call::endpoint_config endpoint;
  std::uint16_t rtp_first = first_media_port, rtp_last = 20000;
  bool with_media = true;  ///< false: media_open is accepted, nothing sounds (signalling soaks)
};

class node final : public host, private call::host_environment {
 public:
  node(world& w, const node_config& config);
  ~node() override;

  void set_application(application& app) { app_ = &app; }
  [[nodiscard]] call::endpoint& endpoint() { return endpoint_; }
  [[nodiscard]] const ip_address& address() const { return config_.address; }
  /// Commands to the endpoint from outside an application callback are followed by this.
  void drain();
  void command(const media::media_command& c);

  // --- media without signalling
  /// This even port and the one above it. Nothing: it is taken.
  std::optional<call::media_ports> take_port(std::uint16_t port);
  /// The next session cannot be made: media_failed.
  void fail_next_media() { fail_next_media_ = true; }
  void open(const media::media_open& o);
  void close(const media::media_close& c);

  [[nodiscard]] std::size_t ports_in_use() const { return ports_.size(); }
  [[nodiscard]] std::size_t media_sessions() const { return sessions_.size(); }
  /// Stream connections, open or being opened.
  [[nodiscard]] std::size_t connections() const { return ends_.size(); }
  [[nodiscard]] const std::vector<std::string>& log() const { return log_; }

  void receive(const socket_address& to, const socket_address& from, std::string bytes,
               time_point now) override;
  [[nodiscard]] bool stream_offered(stream_end end, const socket_address& local,
                                    const socket_address& remote, time_point now) override;
  void stream_opened(stream_end end, const socket_address& local, time_point now) override;
  void stream_received(stream_end end, std::string_view segment, time_point now) override;
  void stream_ended(stream_end end, const std::string& why, time_point now) override;
  void handle_timeout(time_point now) override;
  [[nodiscard]] time_point next_deadline() const override;

 private:
  // The flows of its listeners.
  static constexpr sip::flow_id sip_flow{1}, tcp_flow{2}, tls_flow{3};

  struct port_pair {
    std::uint16_t rtp = 0;
    media::media_id owner{};
  };
  struct session {
    std::unique_ptr<media::media_session> media;
    media::port_pair_id ports{};
    std::uint16_t rtp_port = 0;
    time_point armed = never;
  };

  ip_address local_address_toward(const ip_address& peer) override;
  void dispatch(call::output&& o);
  void transmit(const sip::transmit& t);
  void open(const call::open_flow& f);
  void close(const call::close_flow& f);
  void ask(const call::dns_question& q);
  void give_port(const call::need_media_port& n);
  void flush(media::media_id id, session& s);
  void transmit(session& s);
  void arm(media::media_id id, session& s);
  void run_media();
  void tell(media::media_id id, media::event_body body);

  world& world_;
  node_config config_;
  seeded_random random_;
  call::endpoint endpoint_;
  application* app_ = nullptr;
  bool draining_ = false, fail_next_media_ = false;
  std::uint16_t next_port_;
  std::uint64_t next_pair_ = 1;
  std::unordered_map<std::uint64_t, port_pair> ports_;        // by port_pair_id
  std::unordered_map<std::uint16_t, std::uint64_t> by_port_;  // rtp port -> port_pair_id
  std::unordered_map<std::uint64_t, session> sessions_;       // by media_id
  // A heap of (deadline, media_id); entries that `armed` does not confirm are passed over.
  std::vector<std::pair<time_point, std::uint64_t>> media_timers_;
  std::unordered_map<sip::flow_id, stream_end> ends_;
  std::unordered_map<stream_end, sip::flow_id> flows_;
  std::unordered_set<sip::flow_id> opening_;
  std::vector<std::string> log_;
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace sipvoice::sim
