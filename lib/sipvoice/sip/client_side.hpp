// The client transactions of a user agent.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>

#include "sipvoice/sip/agent_core.hpp"
#include "sipvoice/sip/client_invite.hpp"
#include "sipvoice/sip/client_non_invite.hpp"
#include "sipvoice/sip/transaction_table.hpp"

namespace sipvoice::sip {

class client_side {
 public:
  explicit client_side(agent_core& core) : core_(core), table_(core.secret) {}

  client_tx send_request(method m, std::string_view branch, std::string bytes, const hop& to,
                         time_point now);
  void send_cancel(client_tx invite, time_point now);
  void receive(std::shared_ptr<const message> response, const hop& from, time_point now);
  void sent_on(client_tx request, flow_id flow);
  [[nodiscard]] std::optional<socket_address> waits_on(flow_id flow) const;
  void connection_lost(flow_id lost, std::optional<flow_id> instead, time_point now);
  void peer_unreachable(const socket_address& remote, time_point now);
  void handle_timeout(std::uint64_t number, time_point now);
  [[nodiscard]] std::size_t size() const { return table_.size(); }

 private:
  struct transaction {
    transaction(std::uint64_t n, std::string_view k, const hop& h, std::string r,
                std::variant<client_invite, client_non_invite> m)
        : number(n), key(k), to(h), request(std::move(r)), machine(std::move(m)) {}
    std::uint64_t number;
    std::string_view key;
    hop to;
    std::string request;
    std::variant<client_invite, client_non_invite> machine;
    std::string ack = {};  // to a non-2xx
    armed_timer timer = {};
    bool own = false;             // a CANCEL: its owner does not hear of it
    bool cancelled = false;       // a CANCEL has been sent for it
    bool again = false;           // sent a second time, over a new connection
    std::optional<hop> udp = {};  // large: where it goes when TCP is not to be had
  };

  [[nodiscard]] transaction* find(const message& response);
  void fail(transaction& t, std::optional<flow_id> instead, time_point now);
  void go_back_to_udp(transaction& t, time_point now);
  void forget(transaction& t);
  void enlist(const transaction& t);
  void delist(const transaction& t);
  void start(transaction& t, time_point now);
  void send(const transaction& t);
  void send_ack(transaction& t, const message& response);
  void settle(transaction& t, const std::optional<tx_end>& ended);

  agent_core& core_;
  // Those that a transport can fail: over a stream, and over UDP with an alternative.
  std::unordered_multimap<flow_id, std::uint64_t> by_flow_;
  std::unordered_multimap<socket_address, std::uint64_t> by_remote_;
  transaction_table<transaction> table_;
};

}  // namespace sipvoice::sip
