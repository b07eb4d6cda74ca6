// One UDP socket for SIP: Asio tells when it is readable, the socket is then read until it is empty
// (or the bound of one turn is reached, so that a flood leaves the loop to timers and others).
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>

#include "sipvoice/base/address.hpp"
#include "sipvoice/io/impaired_path.hpp"
#include "sipvoice/io/udp_outbox.hpp"

namespace sipvoice::io {

struct udp_counters {
  std::uint64_t received = 0, sent = 0;
  std::uint64_t truncated = 0;    ///< longer than a datagram can be: dropped
  std::uint64_t send_errors = 0;  ///< the system refused them; retransmission is SIP's matter
};

class udp_listener {
 public:
  static constexpr std::size_t max_datagram = 65535;
  static constexpr std::size_t batch = 8;              ///< datagrams a system call
  static constexpr std::size_t max_per_turn = 64;      ///< then others have their turn
  static constexpr std::size_t max_remembered = 4096;  ///< peers, see source_for()

  /// One datagram: whence, the local address it was sent to (never unspecified), its bytes.
  using receiver =
      std::function<void(const socket_address& from, const ip_address& local, std::string bytes)>;

  /// Nobody is at the port that a datagram went to, says the network (ICMP). Anybody can forge it.
  using unreachable = std::function<void(const socket_address& remote)>;

  udp_listener(boost::asio::io_context& context, receiver receive, unreachable nobody = {});
  ~udp_listener();

  /// Binds and begins to read. Returns 0 or errno.
  [[nodiscard]] int open(const socket_address& local);
  /// Stops reading; nothing is told any more.
  void close();

  /// As bound, with the real port; the address may be unspecified.
  [[nodiscard]] const socket_address& local() const { return local_; }
  /// From now on datagrams go by this path before they leave; those that are under way when the
  /// socket closes are gone.
  void impair(const impairment& how, std::uint64_t seed) {
    path_.emplace(how, seed, impaired_path::for_sip);
  }
  /// When flush() is to be called though nothing was sent; never: nothing is under way.
  [[nodiscard]] time_point next_deadline() const { return path_ ? path_->next_deadline() : never; }

  /// One datagram, which leaves with the next flush(), or before it when the outbox is full.
  void send(const socket_address& to, std::string bytes);
  /// Where it leaves from. Of a socket that is bound to all addresses: the one at which this peer
  /// spoke to us last (RFC 3581 section 4: responses come from where the request went); unspecified
  /// for others, for whom the kernel chooses.
  [[nodiscard]] ip_address source_for(const socket_address& peer) const;
  /// Sends what has gathered. While the datagrams of one system call are being told, it waits for
  /// the last of them: their answers leave together.
  void flush();
  [[nodiscard]] const udp_counters& counters() const { return counters_; }

 private:
  struct buffers;
  void wait();
  void wait_for_errors();
  void read();
  void read_errors();
  std::size_t read_batch();
  void put(const socket_address& to, std::string bytes);
  void send_all();
  void remember(const socket_address& peer, const ip_address& local);

  boost::asio::ip::udp::socket socket_;
  receiver receive_;
  unreachable nobody_;
  socket_address local_;
  std::unique_ptr<buffers> buffers_;
  udp_outbox outbox_;
  std::optional<impaired_path> path_;
  bool reading_ = false;  ///< datagrams are being told
  // Two generations: the older is dropped when the younger is full.
  std::unordered_map<socket_address, ip_address> recent_, older_;
  udp_counters counters_;
};

}  // namespace sipvoice::io
