// Questions to DNS servers over the network: c-ares in Asio's loop, without a thread. It chooses
// ids, repeats what is not answered, goes on to the next server, and takes TCP for what does not
// fit into a datagram; answers that nobody asked for, or of somebody else, it throws away.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>

#include "sipvoice/base/address.hpp"
#include "sipvoice/sip/dns_message.hpp"

struct ares_channeldata;

namespace sipvoice::io {

class dns_channel {
 public:
  /// Called once, never when the channel is destroyed before. May be called from within ask(). The
  /// channel must not be destroyed from within it.
  using answer = std::function<void(const sip::timed_reply&)>;

  /// Without a server those of the system's configuration, with its search domains.
  dns_channel(boost::asio::io_context& context, const std::optional<socket_address>& server);
  /// What is open is given up.
  ~dns_channel();
  dns_channel(const dns_channel&) = delete;
  dns_channel& operator=(const dns_channel&) = delete;

  /// Of A and AAAA, search domains are tried too. One question takes 7 s at the longest with one
  /// or two servers, and does not know about deadlines.
  void ask(const sip::dns_query& query, answer done);

 private:
  struct watch;
  struct pending;
  static void answered(void* arg, int status, int timeouts, unsigned char* bytes, int length);
  void socket_changed(int fd, bool readable, bool writable);
  void wait(const std::shared_ptr<watch>& w);
  void ready(const std::shared_ptr<watch>& w, bool to_read);
  void arm();

  boost::asio::io_context& context_;
  boost::asio::steady_timer timer_;
  ares_channeldata* channel_ = nullptr;  ///< nullptr: could not be made; nothing is ever found
  std::unordered_map<int, std::shared_ptr<watch>> watches_;
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace sipvoice::io
