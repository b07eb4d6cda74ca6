// Names to addresses through the system's resolver, off the signalling loop.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <functional>
#include <string>
#include <vector>

#include "sipvoice/base/address.hpp"

namespace sipvoice::io {

class resolver {
 public:
  static constexpr std::size_t max_addresses = 16;
  /// In the resolver's order, each once; empty: the name does not resolve.
  using answer = std::function<void(std::vector<socket_address>)>;

  explicit resolver(boost::asio::io_context& context) : resolver_(context) {}
  /// `done` is called on the loop, later. A numeric host never asks.
  void resolve(const std::string& host, std::uint16_t port, answer done);
  /// What is under way is told nothing any more.
  void cancel() { resolver_.cancel(); }

  /// The same, at once and blocking: for listeners at start.
  [[nodiscard]] std::vector<socket_address> resolve_now(const std::string& host,
                                                        std::uint16_t port);

 private:
  boost::asio::ip::udp::resolver resolver_;
};

}  // namespace sipvoice::io
