// What an endpoint asks of others outside calls: its registrations, and single requests.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "sipvoice/call/registration.hpp"

namespace sipvoice::call {

class clients {
 public:
  static constexpr std::size_t max_at_once = 1000;  ///< registrations and requests together

  explicit clients(services& s) : s_(s) {}

  /// False: there are too many, or a header cannot be set or would not be one line; nothing
  /// follows.
  bool send(call_id id, const outgoing_request& what, duration timeout);
  bool add(call_id id, const registration_request& what);
  bool unregister(call_id id);
  void unregister_all();

  // --- false: none of these
  bool receive_response(const sip::response_received& r);
  bool request_timed_out(sip::client_tx tx);

  /// A connection has ended: registrations whose calls came by it are made anew.
  void connection_lost(flow_id lost);

  void handle_timeout();
  /// Removes what is over; not from within anything of it.
  void sweep();
  [[nodiscard]] time_point next_deadline() const;
  [[nodiscard]] std::size_t size() const { return registrations_.size() + requests_.size(); }

 private:
  [[nodiscard]] client_request* find(call_id id);
  [[nodiscard]] client_request* find(sip::client_tx tx);

  struct single {
    std::unique_ptr<client_request> request;
    bool over = false;
  };
  services& s_;
  std::map<call_id, std::unique_ptr<registration>> registrations_;
  std::map<call_id, single> requests_;
};

}  // namespace sipvoice::call
