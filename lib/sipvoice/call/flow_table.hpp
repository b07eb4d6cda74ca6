// The stream connections of an endpoint (TCP, TLS), and which one a message goes on.
//
// The layers above say transport and remote address, and where they know it the flow that a request
// came on; this table finds the live connection, opens one where there is none, keeps what is to be
// sent meanwhile, frames what comes in, and closes what is of no use any more. No socket in here:
// the shell is asked by open_flow and close_flow and tells what happened.
//
//   a connection of ours:  open_flow -> opened() -> bytes both ways -> closed() or close_flow
//                                    -> failed()
//   one of a peer's:       accepted() -> bytes both ways -> closed() or close_flow
//
// After close_flow the shell sends what it still has and tells nothing more of that flow.
//
// Which connection (RFC 3261 section 18): a response goes back on the connection of its request;
// where that is gone, on another one to the address of the Via (18.2.2). A request uses a live
// connection to the same address, whoever opened it, also one whose peer claimed that address by
// `alias` (RFC 5923), which over TLS nobody may. A connection that we opened with TLS serves only
// the name that its certificate was checked for; one that was accepted serves addresses, and no
// name.
//
// CRLF keep-alive (RFC 5626 sections 4.4.1 and 5.4): a ping is answered; connections of ours that
// something needs (hold()) are pinged, and without an answer they count as lost.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sipvoice/base/byte_budget.hpp"
#include "sipvoice/base/output_queue.hpp"
#include "sipvoice/base/random.hpp"
#include "sipvoice/base/timer_heap.hpp"
#include "sipvoice/call/deferred.hpp"
#include "sipvoice/call/endpoint.hpp"
#include "sipvoice/sip/message_stream.hpp"

namespace sipvoice::call {

struct flow_limits {
  static constexpr std::size_t max_flows = 10'000;      ///< of one endpoint
  static constexpr std::size_t max_per_source = 2'000;  ///< accepted from one address
  static constexpr std::size_t max_addresses = 2;       ///< its own, and one that it claims
  static constexpr std::size_t max_waiting = 1 << 20;   ///< bytes kept until a connection is open
  /// Bytes of messages that are not whole yet, of all connections together; at least four of the
  /// longest ones. The connection that would go beyond it is closed; what is longer than `large`
  /// counts on half of it.
  static constexpr std::size_t max_unfinished = std::size_t{128} << 20;
  static constexpr std::size_t large = 8192;
  /// For the connection, and with TLS its handshake.
  static constexpr duration open_patience = std::chrono::seconds(5);
  /// For the rest of a message that has begun, and for the first message of an accepted connection.
  static constexpr duration message_patience = std::chrono::seconds(32);
  /// Without any byte and without anything that needs it.
  static constexpr duration idle = std::chrono::minutes(5);
  static constexpr duration ping_interval = std::chrono::seconds(120);  ///< 80-100 % of it
  static constexpr duration pong_patience = std::chrono::seconds(10);
  static constexpr unsigned max_pongs = 8;  ///< for the pings of one segment
};

/// Keeps a connection from being closed as unused, as long as it lives.
using flow_hold = std::shared_ptr<const bool>;

/// A connection that is no more, for whoever waited for something on it.
struct lost_flow {
  flow_id flow{};  ///< 0: there was no place for it
  sip::transport transport = sip::transport::tcp;
  socket_address remote;
  std::string server_name{};  ///< of ours: whose certificate it had, or was to have
  bool was_open = false;      ///< else it could not be opened
  std::string why;
};

class flow_table {
 public:
  struct view {
    sip::transport transport = sip::transport::tcp;
    socket_address remote, local;
    flow_id listener{};  ///< that accepted it; 0: we opened it
  };
  using waiter_id = std::uint64_t;

  /// Its outputs go behind those in `out`. `owner` values are handed back as they came.
  flow_table(random_source& random, output_queue<output>& out, std::size_t max_message)
      : random_(random),
        out_(out),
        max_message_(max_message),
        unfinished_(std::max(flow_limits::max_unfinished, 4 * max_message), flow_limits::large) {}

  // --- for the layers above
  /// Sends on the flow that `to` names while it lives, else as told above. The flow that it went
  /// on; 0: it cannot be sent.
  flow_id send(const sip::hop& to, std::string bytes, time_point now);
  /// The connection to an address, opened when there is none; nothing when there are too many.
  [[nodiscard]] std::optional<flow_id> connect(sip::transport t, const socket_address& remote,
                                               std::string_view server_name, time_point now);
  [[nodiscard]] bool is_open(flow_id id) const;
  /// Of a live flow.
  [[nodiscard]] std::optional<view> look(flow_id id) const;
  [[nodiscard]] flow_hold hold(flow_id id) const;
  /// `f` is handed out by poll_ready() once the flow is open or lost.
  /// `why`: of the loss; empty when it is open.
  using settled = std::function<void(const std::string& why)>;
  waiter_id when_settled(flow_id id, call_id owner, settled f);
  void forget(waiter_id id);
  /// The peer of this connection is to be found at `address`, too (RFC 5923). Not over TLS.
  void add_alias(flow_id id, const socket_address& address);
  void close(flow_id id, std::string why);

  // --- from the shell
  /// Nothing: too many; the shell closes it at once. Another connection of the same source that has
  /// never brought a message makes place where there is one.
  [[nodiscard]] std::optional<flow_id> accepted(flow_id listener, sip::transport t,
                                                const socket_address& remote,
                                                const socket_address& local, time_point now);
  void opened(flow_id id, const socket_address& local, time_point now);
  /// Could not be opened, or has ended.
  void gone(flow_id id, const std::string& why);
  /// False: no such flow.
  bool receive(flow_id id, std::string_view segment, time_point now);
  void handle_timeout(time_point now);
  [[nodiscard]] time_point next_deadline() const { return timers_.next(); }

  // --- what comes out besides
  struct framed {
    std::string bytes;
    const char* broken = nullptr;  ///< the stream cannot be read on; `bytes` is a head, or empty
  };
  /// The next message of a flow; with `broken` the flow is to be closed after an answer.
  [[nodiscard]] std::optional<framed> next_message(flow_id id, time_point now);
  [[nodiscard]] std::optional<deferred> poll_ready();
  [[nodiscard]] std::optional<lost_flow> poll_lost();

  [[nodiscard]] std::size_t size() const { return flows_.size(); }

 private:
  struct flow {
    flow(const view& v, std::size_t max_message) : what(v), stream(max_message) {}
    view what;
    std::string server_name{};  ///< of ours
    bool open = false, spoke = false;
    sip::message_stream stream;
    std::deque<std::string> waiting{};
    std::size_t waiting_bytes = 0;
    std::size_t share = 0;          ///< of unfinished_
    time_point since{};             ///< opened or accepted, or asked for
    time_point active{};            ///< bytes went or came
    time_point incomplete = never;  ///< a message has begun then
    time_point ping = never, pong = never;
    std::vector<socket_address> addresses{};  ///< its keys in by_remote_
    timer_id timer = timer_id::none;
    time_point armed = never;
    std::shared_ptr<const bool> token = std::make_shared<const bool>(true);
    [[nodiscard]] bool ours() const { return what.listener == flow_id{}; }
    [[nodiscard]] bool needed() const { return token.use_count() > 1; }
  };
  struct waiter {
    waiter_id id = 0;
    flow_id flow{};
    call_id owner{};
    settled then;
  };

  [[nodiscard]] flow* find(flow_id id);
  [[nodiscard]] const flow* find(flow_id id) const;
  [[nodiscard]] flow_id new_id();
  [[nodiscard]] static bool serves(const flow& f, std::string_view server_name);
  [[nodiscard]] std::optional<flow_id> known(sip::transport t, const socket_address& remote,
                                             std::string_view server_name) const;
  flow& add(flow_id id, const view& v, time_point now);
  void put(flow_id id, flow& f, std::string bytes, time_point now);
  void index(flow_id id, flow& f, const socket_address& address);
  void remove(flow_id id, const std::string& why);
  void settle_waiters(flow_id id, const std::string& why);
  [[nodiscard]] bool make_room(const ip_address& source);
  [[nodiscard]] static time_point due(const flow& f);
  void arm(flow_id id, flow& f);
  void expire(flow_id id, flow& f, time_point now);
  void plan_ping(flow& f, time_point now);

  using key = std::pair<sip::transport, socket_address>;
  struct key_hash {
    std::size_t operator()(const key& k) const noexcept {
      return std::hash<socket_address>{}(k.second) * 3 + static_cast<std::size_t>(k.first);
    }
  };

  random_source& random_;
  output_queue<output>& out_;
  std::size_t max_message_;
  byte_budget unfinished_;
  std::uint32_t last_id_ = first_id - 1;
  waiter_id last_waiter_ = 0;
  std::unordered_map<flow_id, flow> flows_;
  // Several connections may lead to one address: one of each side, or one for each name over TLS.
  std::unordered_multimap<key, flow_id, key_hash> by_remote_;
  std::unordered_map<ip_address, std::size_t> accepted_;  // connections of one source
  timer_heap<flow_id> timers_;
  std::vector<waiter> waiters_;
  std::deque<deferred> ready_;
  std::deque<lost_flow> lost_;

 public:
  /// Ids below it belong to the shell's listeners.
  static constexpr std::uint32_t first_id = 0x10000;
};

}  // namespace sipvoice::call
