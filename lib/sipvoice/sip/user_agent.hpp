// The SIP core beneath calls: parsing, transaction matching, retransmission, and the checks of
// RFC 3261 section 8.2 that need no knowledge of calls. One object for all flows of an endpoint.
//
// Kinds of method: getters; `receive`/`handle_timeout` put something in; commands (`respond`,
// `send_request`, ...) do; `poll` takes out. After every call that puts something in or commands,
// the owner drains poll() until it returns nothing, and asks next_deadline().
//
// What it answers by itself, without an event: 400 (check() failed), 505, 416 (request URI scheme),
// 501 / 405 with Allow, 420 with Unsupported (not for ACK and CANCEL), 482 merged requests
// (8.2.2.2), 481 for a CANCEL that matches nothing, 200 for one that does (then `cancelled`
// follows), 100 Trying for INVITE at once, retransmissions of the last response, 503 when a bound
// is reached. A refused INVITE keeps its transaction until its ACK; other refusals, 400, 505 and
// 503 are made without one, the same for every copy, and their ACKs are swallowed. What is not SIP,
// and responses that match no transaction (a 2xx to INVITE after timer M too, RFC 6026), are
// dropped and counted.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sipvoice/base/random.hpp"
#include "sipvoice/base/time.hpp"
#include "sipvoice/sip/hop.hpp"
#include "sipvoice/sip/message.hpp"
#include "sipvoice/sip/timer_values.hpp"

namespace sipvoice::sip {

enum class server_tx : std::uint64_t {};
enum class client_tx : std::uint64_t {};

struct user_agent_config {
  timer_values timers{};
  std::vector<method> allowed{method::invite,  method::ack,   method::bye,    method::cancel,
                              method::options, method::prack, method::update, method::refer,
                              method::notify,  method::info,  method::message};
  /// Requests of other methods are told too; the owner answers them (405, 501).
  bool pass_any_method = false;
  /// Option tags accepted in Require.
  std::vector<std::string> supported{"100rel", "timer", "replaces", "norefersub"};
  std::string server_name{};  ///< Server header of responses made here; empty: none
  /// Beyond either: a stateless 503. Over UDP a call leaves two of them behind for 32 s: 8,000
  /// calls a second are 512,000, of 1 kB or less each.
  std::size_t max_server_transactions = 600'000;
  std::size_t max_server_bytes = std::size_t{512} << 20;  ///< what they keep of their messages
};

/// A server transaction that keeps more bytes is a large one: those together get half of
/// max_server_bytes.
inline constexpr std::size_t large_server_transaction = 8192;

struct user_agent_counters {
  std::uint64_t received = 0, not_sip = 0, malformed = 0, stray_responses = 0, merged = 0,
                retransmissions_received = 0, retransmissions_sent = 0, overloaded = 0;
};

/// Bytes to put on a flow.
struct transmit {
  hop to;
  std::string bytes;
  client_tx request{};  ///< that they are; 0: a response, or an ACK
};
/// A new request (not a retransmission, not CANCEL, not an ACK to a non-2xx). `tx` must be answered
/// by respond() with a final response, except for ACK, which has none.
struct request_received {
  server_tx tx{};
  std::shared_ptr<const message> request;
  hop from;          ///< the flow it came on, and the observed source
  ip_address local;  ///< the local address that it was sent to
};
/// An ACK that belongs to no server transaction that waits for one: an ACK to a 2xx.
struct ack_received {
  std::shared_ptr<const message> request;
  hop from;
};
/// CANCEL matched an INVITE that has no final response yet; 200 has gone to the CANCEL. The owner
/// answers the INVITE (487).
struct cancelled {
  server_tx invite{};
  std::shared_ptr<const message> cancel;
};
/// A response to send_request(): every provisional, and each final one. A 2xx to INVITE comes as
/// often as it arrives (13.2.2.4), also after the transaction has ended (then `tx` is its old id
/// while timer M runs). ACKs to non-2xx go out by themselves.
struct response_received {
  client_tx tx{};
  std::shared_ptr<const message> response;
  hop from;
};
/// Timer B or F: no (final) response. 408 in effect; of a transport that failed, 503 (8.1.3.1).
struct request_timed_out {
  client_tx tx{};
  bool transport_failed = false;
};
/// A large request was to go over TCP, which the peer does not take: it has gone over UDP (18.1.1).
struct fell_back_to_udp {
  client_tx tx{};
  socket_address remote;
  std::size_t size = 0;  ///< bytes
};
/// The server transaction has ended by itself (timers H, I, J, L); `acknowledged` says whether the
/// ACK to a non-2xx final response of an INVITE came.
struct server_tx_ended {
  server_tx tx{};
  bool acknowledged = true;
};

using user_agent_output =
    std::variant<transmit, request_received, ack_received, cancelled, response_received,
                 request_timed_out, fell_back_to_udp, server_tx_ended>;

class user_agent {
 public:
  user_agent(user_agent_config config, random_source& random);
  ~user_agent();
  user_agent(const user_agent&) = delete;
  user_agent& operator=(const user_agent&) = delete;

  /// One datagram, or one framed message of a stream.
  void receive(const hop& from, const ip_address& local, std::string bytes, time_point now);
  /// A request went out on another connection than its hop names: on one that was opened for it, or
  /// that stands where the named one has ended. flow_id{}: it could not be sent, and
  /// connection_lost(flow_id{}) follows.
  void sent_on(client_tx request, flow_id flow);
  /// Whether a request that nobody has answered yet was sent on that connection.
  [[nodiscard]] std::optional<socket_address> waits_on(flow_id flow) const;
  /// A stream connection is lost, or could not be opened. Requests on it that nobody has answered
  /// yet: they are sent once more on `instead` (the peer may have closed what it took for idle);
  /// without one, and the second time, they go over UDP where they came from there, else end at
  /// once. Other connections to the same address, checked for another name, have no part in it.
  void connection_lost(flow_id lost, std::optional<flow_id> instead, time_point now);
  /// Over UDP nobody is there, which counts for requests of a hop with `has_alternative` only.
  void peer_unreachable(const socket_address& remote, time_point now);
  void handle_timeout(time_point now);
  [[nodiscard]] time_point next_deadline() const;

  /// Sends a response through its transaction. `bytes` starts from message_builder::response_to().
  /// A provisional is sent once and again on each retransmission of the request. A 2xx to INVITE
  /// enters Accepted (RFC 6026): repeating it until the ACK is the owner's work, by repeat_2xx().
  void respond(server_tx tx, int status, std::string bytes, time_point now);
  /// Sends the 2xx of `tx` once more.
  void repeat_2xx(server_tx tx);
  /// Where responses of `tx` go (RFC 3261 18.2.2, RFC 3581).
  [[nodiscard]] std::optional<hop> response_hop(server_tx tx) const;

  /// Starts a client transaction. `bytes` has a top Via whose branch is `branch`. When a
  /// transaction of this branch and method is alive nothing is sent and the result is client_tx{}
  /// (0).
  /// A request over UDP of more than 1300 bytes goes over TCP where `to` allows it (18.1.1).
  client_tx send_request(method m, std::string branch, std::string bytes, const hop& to,
                         time_point now);
  /// CANCEL for an INVITE that has had a provisional (the owner sees to that, 9.1): built from the
  /// INVITE as sent: same Request-URI, Via, Route, CSeq number. The INVITE goes on; 64*T1 later,
  /// still without a final response, it ends by request_timed_out (9.1). Responses to the CANCEL
  /// itself are not told.
  void send_cancel(client_tx invite, time_point now);
  /// An ACK to a 2xx: no transaction, sent once per call.
  void send_ack(std::string bytes, const hop& to);

  /// A fresh branch: "z9hG4bK" and 16 random characters.
  [[nodiscard]] std::string new_branch();

  [[nodiscard]] std::optional<user_agent_output> poll();
  [[nodiscard]] const user_agent_counters& counters() const;
  [[nodiscard]] std::size_t transactions() const;  ///< alive, both kinds

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace sipvoice::sip
