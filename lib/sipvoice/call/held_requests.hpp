// Requests of peers that the application answers itself, inside one call or outside all of them:
// told by call_request, kept until the answer comes or must not be waited for any longer.
//
// Every request that take() has taken is answered exactly once: by the application, with 500 when
// it is about to time out at the peer (RFC 4320), or by end_all().
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "sipvoice/call/services.hpp"

namespace sipvoice::call {

class held_requests {
 public:
  /// Times T1: the peer gives up at 64, counted from when it sent the request.
  static constexpr int patience_in_t1 = 60;
  static constexpr std::size_t max_in_call = 8, max_outside = 64;

  struct held {
    sip::server_tx tx{};
    std::shared_ptr<const sip::message> request;
    sip::hop from;
    time_point until{};
  };

  /// `owner` call_id{}: of those outside dialogs.
  held_requests(services& s, call_id owner) : s_(s), owner_(owner) {}

  /// False: it is the endpoint's to answer. Else it has been told, or refused with 503: too many
  /// are held.
  [[nodiscard]] bool take(const sip::request_received& r);
  /// What the handle stands for, which still has to be answered; nullptr: it is not held.
  [[nodiscard]] const held* find(request_handle handle) const;
  /// Answers it; the rest of the answer is `made`, begun by reply().
  void answer(request_handle handle, const request_answer& what, sip::message_builder made);
  /// The beginning of an answer to it.
  [[nodiscard]] sip::message_builder reply(const held& one, int status,
                                           std::string_view reason = {}) const;
  void end_all(int status);

  [[nodiscard]] time_point next_deadline() const;
  void handle_timeout();

 private:
  void refuse(const held& one, int status);

  services& s_;
  call_id owner_;
  std::vector<held> held_;  ///< oldest first
};

/// Whether an answer of the application can be sent as it is.
[[nodiscard]] bool may_be_sent(const request_answer& answer);

}  // namespace sipvoice::call
