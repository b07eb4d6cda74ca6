// One request outside a dialog, through all its tries: OPTIONS, MESSAGE, REGISTER (RFC 3261
// sections 8.1, 10 and 11.1). Challenges are answered, 3xx are followed; the owner hears the end
// once.
//
// The same object sends again and again: Call-ID and From tag stay, CSeq rises, which is what a
// registration needs (10.2).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sipvoice/call/authorization.hpp"
#include "sipvoice/call/destination.hpp"
#include "sipvoice/call/redirect.hpp"
#include "sipvoice/call/services.hpp"

namespace sipvoice::call {

class client_request {
 public:
  /// How one send() ended. `response`: nothing when none came, or the peer could not be reached.
  struct outcome {
    int status = 0;  ///< 408 when nothing came, 503 when it could not be sent
    std::string reason;
    const sip::message* response = nullptr;
    socket_address peer{};
  };
  /// Adds what the request has besides; `local` is the side that it leaves from.
  using more_headers = std::function<void(sip::message_builder&, const local_side& local)>;

  /// `id`: of the client it serves. `timeout`: of all tries together; zero: timer F alone.
  client_request(services& s, call_id id, outgoing_request what, duration timeout,
                 std::function<void(const outcome&)> done);
  ~client_request();
  client_request(const client_request&) = delete;
  client_request& operator=(const client_request&) = delete;

  /// Not while one is under way.
  void send(more_headers more = {});
  [[nodiscard]] bool is_under_way() const { return stage_ != stage::idle; }
  [[nodiscard]] const authorization& credentials() const { return auth_; }
  /// Where it was sent last; over a stream, the connection that its answer came on.
  [[nodiscard]] const sip::hop& peer() const { return peer_; }
  /// Of the server that was asked last: where it is, and where else its name leads. What a
  /// redirection named has one alone.
  [[nodiscard]] std::vector<ip_address> server_addresses() const;

  bool receive_response(const sip::response_received& r);
  bool request_timed_out(sip::client_tx tx);
  void handle_timeout();
  [[nodiscard]] time_point next_deadline() const { return give_up_at_; }

 private:
  enum class stage : std::uint8_t { idle, locating, waiting };

  [[nodiscard]] bool is_configured() const { return what_.proxy || target_ == what_.target; }
  void aim();
  void took_aim(destination::progress p);
  [[nodiscard]] bool try_next_place();
  void transmit();
  void on_final(const sip::message& response);
  bool try_next_target();
  void fail(int status, std::string reason);
  void finish(outcome o);

  services& s_;
  call_id id_;
  outgoing_request what_;
  duration timeout_;
  std::function<void(const outcome&)> done_;
  std::string call_id_, tag_;
  authorization auth_;
  authorization::attempt attempt_;
  redirect_targets targets_;
  more_headers more_;
  stage stage_ = stage::idle;
  std::string target_;
  destination where_;
  local_side local_;
  sip::hop peer_;
  std::uint32_t cseq_ = 0;
  sip::client_tx tx_{};
  time_point give_up_at_ = never;
};

}  // namespace sipvoice::call
