// Names to records, on the signalling loop and without a thread: the system's table of hosts, what
// is known from before, and DNS servers, in this order. A name that is slow holds up no other.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sipvoice/base/address.hpp"
#include "sipvoice/io/dns_channel.hpp"
#include "sipvoice/io/dns_desk.hpp"
#include "sipvoice/io/hosts_file.hpp"

namespace sipvoice::io {

struct resolver_config {
  std::optional<socket_address> server;  ///< nothing: those of the system (resolv.conf)
  std::string hosts_file = "/etc/hosts";
  dns_limits limits;
};

class resolver {
 public:
  using ticket = dns_desk::ticket;
  /// Called on the loop, once for each ask(), never from within it.
  using told = std::function<void(ticket, const sip::dns_reply&)>;

  resolver(boost::asio::io_context& context, resolver_config config, told tell);
  ~resolver();
  resolver(const resolver&) = delete;
  resolver& operator=(const resolver&) = delete;

  /// A name in the table of hosts has the addresses that stand there and nothing else: no server is
  /// asked about it, for services neither. A number is its address.
  void ask(ticket who, sip::dns_query query);
  /// What is open is told nothing any more, sockets are closed; nothing may be asked after it.
  void cancel();

 private:
  void go_on();
  void tell_later();
  void arm();
  void refresh_channel();
  [[nodiscard]] std::optional<sip::dns_reply> known(const sip::dns_query& query);

  boost::asio::io_context& context_;
  resolver_config config_;
  told tell_;
  hosts_file hosts_;
  dns_desk desk_;
  std::optional<dns_channel> channel_;
  std::int64_t configuration_ns_ = 0;  ///< when the system's configuration was changed
  boost::asio::steady_timer timer_;
  time_point armed_ = never;
  bool telling_ = false;  ///< tell_later() has been posted
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

/// Addresses of a name by the system, in its order, each once; blocking: for what is needed at
/// start. Empty: it does not resolve.
[[nodiscard]] std::vector<socket_address> resolve_now(const std::string& host, std::uint16_t port);

}  // namespace sipvoice::io
