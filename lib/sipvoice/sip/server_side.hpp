// The server transactions of a user agent, and what it answers on its own account.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>

#include "sipvoice/base/byte_budget.hpp"
#include "sipvoice/sip/agent_core.hpp"
#include "sipvoice/sip/request_check.hpp"
#include "sipvoice/sip/server_invite.hpp"
#include "sipvoice/sip/server_non_invite.hpp"
#include "sipvoice/sip/transaction_table.hpp"

namespace sipvoice::sip {

class server_side {
 public:
  explicit server_side(agent_core& core);

  void receive(std::shared_ptr<const message> request, const hop& from, const ip_address& local,
               time_point now);
  void respond(server_tx tx, int status, std::string bytes, time_point now);
  void repeat_2xx(server_tx tx);
  [[nodiscard]] std::optional<hop> response_hop(server_tx tx) const;
  void handle_timeout(std::uint64_t number, time_point now);
  [[nodiscard]] std::size_t size() const { return table_.size(); }

 private:
  struct transaction {
    transaction(std::uint64_t n, std::string_view k, const hop& h,
                std::variant<server_invite, server_non_invite> m)
        : number(n), key(k), to(h), machine(std::move(m)) {}
    std::uint64_t number;
    std::string_view key;
    hop to;
    std::variant<server_invite, server_non_invite> machine;
    std::string last = {};        // the last response
    std::string_view merge = {};  // key in copies_, empty: not there
    armed_timer timer = {};
    std::size_t request_bytes = 0;  // its owner keeps the request until the final response
    std::size_t share = 0;          // of budget_
    bool own = false;               // answered here: its owner has never heard of it
    bool cancelled = false;         // a CANCEL has been told
  };
  struct arrival;  // one request while it is worked on

  void receive_ack(const arrival& in);
  void receive_cancel(const arrival& in);
  void receive_other(const arrival& in);
  void repeat(transaction& t);
  [[nodiscard]] transaction* find_invite(const arrival& in);
  [[nodiscard]] bool is_merged(const std::string& key, const arrival& in) const;
  transaction* start(const arrival& in, std::string key);
  void accept(const arrival& in, std::string key, std::string merge);
  void reject(const arrival& in, const rejection& why);
  void reject_invite(const arrival& in, const rejection& why, std::string key);
  void answer_cancel(const arrival& in, const transaction& invite);
  [[nodiscard]] bool full(const arrival& in) const;
  void account(transaction& t);

  template <class Output>
  void apply(transaction& t, const Output& output);
  template <class Output>
  void move_on(transaction& t, const Output& output);
  void respond(transaction& t, int status, std::string bytes, time_point now);
  void finish(transaction& t, tx_end why);

  agent_core& core_;
  transaction_table<transaction> table_;
  // Requests outside a dialog by what their copies have in common (8.2.2.2).
  std::unordered_map<std::string, std::uint64_t, keyed_hash, std::equal_to<>> copies_;
  byte_budget budget_;
};

}  // namespace sipvoice::sip
