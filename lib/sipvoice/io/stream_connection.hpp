// One TCP or TLS connection of the shell. Bytes in the order in which they were sent, a bounded
// queue of them, and an end that is told exactly once.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "sipvoice/base/address.hpp"
#include "sipvoice/base/byte_budget.hpp"
#include "sipvoice/base/time.hpp"
#include "sipvoice/io/tls_settings.hpp"

namespace sipvoice::io {

/// Called on the loop, later; never from within a method of the connection.
struct stream_events {
  std::function<void(const socket_address& local)> opened;  ///< after TLS's handshake
  std::function<void(std::string_view segment)> segment;
  std::function<void(const std::string& why)> ended;  ///< or could not be opened
};

class stream_connection {
 public:
  static constexpr std::size_t max_queued = 1 << 20;  ///< bytes that the peer does not take
  /// Of all connections with one budget, and how much of them is a large queue, which counts on
  /// half of it.
  static constexpr std::size_t max_queued_by_all = std::size_t{64} << 20;
  static constexpr std::size_t large_queue = 1 << 16;
  static constexpr std::size_t segment_bytes = 16384;  ///< read at a time
  /// After close(): for the peer to take what is queued and to close its side.
  static constexpr duration linger = std::chrono::seconds(2);

  virtual ~stream_connection() = default;
  /// Connects to `remote`; TLS checks that the certificate is of `server_name`.
  virtual void connect(const socket_address& remote, const std::string& server_name) = 0;
  /// An accepted socket.
  virtual void serve() = 0;
  /// More than max_queued, or than there is room for, ends the connection.
  virtual void send(std::string bytes) = 0;
  /// Tells nothing any more, sends what is queued, and ends.
  virtual void close() = 0;
  /// At once, without a word.
  virtual void abort() = 0;
};

/// `delay`: what is sent is written so much later, in its order; it counts as queued meanwhile.
[[nodiscard]] std::shared_ptr<stream_connection> make_tcp_connection(
    boost::asio::ip::tcp::socket socket, stream_events events, std::shared_ptr<byte_budget> queues,
    duration delay = {});
[[nodiscard]] std::shared_ptr<stream_connection> make_tls_connection(
    boost::asio::ip::tcp::socket socket, stream_events events, std::shared_ptr<byte_budget> queues,
    const tls_contexts& tls, duration delay = {});

}  // namespace sipvoice::io
