// The stream side of the shell: listeners of TCP and TLS, and the connections by their flow.
#pragma once

#include <boost/asio/io_context.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sipvoice/call/endpoint.hpp"
#include "sipvoice/io/pcap_writer.hpp"
#include "sipvoice/io/stream_connection.hpp"

namespace sipvoice::io {

/// Where what happens goes; all on the loop.
struct stream_shell_events {
  std::function<std::optional<sip::flow_id>(sip::flow_id listener, const socket_address& remote,
                                            const socket_address& local)>
      accepted;
  std::function<void(sip::flow_id, const socket_address& local)> opened;
  std::function<void(sip::flow_id, std::string_view segment)> segment;
  std::function<void(sip::flow_id, const std::string& why)> ended;  ///< or could not be opened
  std::function<void(const std::string& text)> trouble;             ///< for the log
};

class stream_shell {
 public:
  /// After accepting has failed for want of descriptors and the like.
  static constexpr duration accept_pause = std::chrono::milliseconds(100);
  /// Connections that wait for their peer to take the last bytes (stream_connection::linger). They
  /// are in no table any more; past it the one that has waited longest ends at once.
  static constexpr std::size_t max_closing = 256;

  /// `tls` lives longer. `delay`: what is sent leaves so much later (see stream_connection).
  stream_shell(boost::asio::io_context& context, const tls_contexts& tls,
               stream_shell_events events, duration delay = {});
  ~stream_shell();

  /// Binds and begins to accept. Returns 0 or errno; `local` becomes the bound address.
  [[nodiscard]] int listen(sip::flow_id listener, sip::transport t, socket_address& local);
  void open(const call::open_flow& what);
  void send(sip::flow_id id, std::string bytes);
  void close(sip::flow_id id);
  /// All of it, at once.
  void stop();

  struct ends {
    socket_address local, remote;
    tcp_progress captured{};  ///< of whoever captures it
  };
  [[nodiscard]] ends* ends_of(sip::flow_id id);
  [[nodiscard]] std::size_t closing() const;  ///< of max_closing
  /// Bytes that peers do not take yet, or that are to leave later.
  [[nodiscard]] std::size_t queued() const { return queues_->used(); }

 private:
  struct acceptor;
  struct flow {
    std::shared_ptr<stream_connection> connection;
    ends where;
  };
  void accept(acceptor& from);
  void let_linger(const std::shared_ptr<stream_connection>& connection);
  void take(acceptor& from, boost::asio::ip::tcp::socket socket);
  [[nodiscard]] std::shared_ptr<stream_connection> make(sip::transport t, sip::flow_id id,
                                                        boost::asio::ip::tcp::socket socket,
                                                        bool ours);

  boost::asio::io_context& context_;
  const tls_contexts& tls_;
  stream_shell_events events_;
  duration delay_;
  std::vector<std::unique_ptr<acceptor>> acceptors_;
  std::unordered_map<sip::flow_id, flow> flows_;
  std::deque<std::weak_ptr<stream_connection>> closing_;  ///< the oldest first
  /// Connections outlive this object while they linger.
  std::shared_ptr<byte_budget> queues_ = std::make_shared<byte_budget>(
      stream_connection::max_queued_by_all, stream_connection::large_queue);
  bool stopped_ = false;
};

}  // namespace sipvoice::io
