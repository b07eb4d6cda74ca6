// One registration at one registrar (RFC 3261 section 10): made, refreshed before it expires, tried
// again after a failure, and taken back at the end. Calls to it come to the socket that sent it, or
// on the connection: one that ends is opened anew by registering again (RFC 5626 section 4.5).
//
//   registering -> registered -> (refresh_at, or the connection was lost) registering -> ...
//        |  failure: waiting -> (retry, 30 s doubling to 30 minutes, or Retry-After) registering
//        |  401, 403, 404, 407 and 6xx: over, since asking again changes nothing
//   unregister(): unregistering (Expires: 0) -> over
#pragma once

#include <cstdint>
#include <string>

#include "sipvoice/call/client_request.hpp"

namespace sipvoice::call {

class registration {
 public:
  static constexpr duration first_retry = std::chrono::seconds(30);
  static constexpr duration longest_retry = std::chrono::minutes(30);
  /// A connection that was lost before it had served so long is not opened anew at once, but after
  /// first_retry (RFC 5626 section 4.5, min-regsuccess).
  static constexpr duration steady_after = std::chrono::seconds(120);
  /// Of a 200 or a 423: a registrar can neither make us flood it nor forget it.
  static constexpr std::int64_t min_expires_s = 5, max_expires_s = 7 * 24 * 3600;
  static constexpr int max_423 = 2;  ///< longer times that are taken on for one REGISTER

  registration(services& s, call_id id, const registration_request& what);
  ~registration();

  void start() { send(); }
  /// Takes it back; `unregistered` follows. Without one that holds it is over at once.
  void unregister();
  [[nodiscard]] bool is_over() const { return state_ == state::over; }

  void connection_lost(flow_id lost);

  [[nodiscard]] client_request& request() { return request_; }
  void handle_timeout();
  [[nodiscard]] time_point next_deadline() const;

  /// When a registration that holds for so long is refreshed: a minute before its end, of short
  /// ones after half of it.
  [[nodiscard]] static duration refresh_after(std::int64_t expires_s);

 private:
  enum class state : std::uint8_t { registering, registered, waiting, unregistering, over };

  void send();
  void on_outcome(const client_request::outcome& o);
  void on_success(const sip::message& response);
  void on_failure(const client_request::outcome& o);
  [[nodiscard]] bool take_longer_time(const sip::message* response);
  [[nodiscard]] std::int64_t granted(const sip::message& response) const;
  void end();

  services& s_;
  call_id id_;
  registration_request what_;
  client_request request_;
  state state_ = state::registering;
  std::int64_t expires_s_;
  std::string contact_;  ///< URI, as sent last
  bool bound_ = false;   ///< the registrar knows us
  bool wants_end_ = false, counted_ = false;
  int longer_times_ = 0;
  duration retry_ = first_retry;
  time_point due_ = never;              ///< refresh or retry
  time_point connected_since_ = never;  ///< over a stream: registered by this connection
};

}  // namespace sipvoice::call
