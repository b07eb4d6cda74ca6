#include "sipvoice/sip/client_side.hpp"

#include <algorithm>
#include <utility>

#include "sipvoice/base/text.hpp"
#include "sipvoice/sip/derived_request.hpp"

namespace sipvoice::sip {
namespace {

constexpr std::size_t largest_over_udp = 1300;  // bytes, where the path is not known (18.1.1)

bool has_one_via(const message& response) {
  std::size_t vias = 0;
  response.for_each(header_id::via, [&vias](std::string_view) { ++vias; });
  return vias == 1;
}

bool is_unanswered(const std::variant<client_invite, client_non_invite>& machine) {
  if (const auto* invite = std::get_if<client_invite>(&machine))
    return invite->current() == client_invite::state::calling;
  return std::get<client_non_invite>(machine).current() == client_non_invite::state::trying;
}

// The transport in the topmost Via of a request of ours.
std::string with_via_transport(std::string bytes, transport over) {
  constexpr std::string_view before = "\r\nVia: SIP/2.0/";
  const std::size_t at = bytes.find(before);
  if (at != std::string::npos)
    bytes.replace(at + before.size(), via_name(over).size(), via_name(over));
  return bytes;
}

template <class Index, class Key>
std::vector<std::uint64_t> all_of(const Index& index, const Key& key) {
  std::vector<std::uint64_t> found;
  const auto [first, last] = index.equal_range(key);
  for (auto it = first; it != last; ++it) found.push_back(it->second);
  std::sort(found.begin(), found.end());
  return found;
}

template <class Index, class Key>
void drop(Index& index, const Key& key, std::uint64_t number) {
  const auto [first, last] = index.equal_range(key);
  const auto at = std::find_if(first, last, [&](const auto& one) { return one.second == number; });
  if (at != last) index.erase(at);
}

std::string_view branch_of(std::string_view client_transaction_key) {
  return client_transaction_key.substr(0, client_transaction_key.find('\n'));
}

}  // namespace

client_tx client_side::send_request(method m, std::string_view branch, std::string bytes,
                                    const hop& wanted, time_point now) {
  hop to = wanted;
  const bool large = to.large_over_tcp && bytes.size() > largest_over_udp;
  if (large) {
    to = {{}, transport::tcp, wanted.remote};
    bytes = with_via_transport(std::move(bytes), transport::tcp);
  }
  const bool reliable = is_reliable(to.transport);
  const timer_values& timers = core_.config.timers;
  // A method without a number of its own is known by its name (17.1.3).
  std::string key = client_key(
      branch, m == method::other ? std::string_view(bytes).substr(0, bytes.find(' ')) : name_of(m));
  transaction* t = m == method::invite ? table_.insert(std::move(key), to, std::move(bytes),
                                                       client_invite(timers, reliable))
                                       : table_.insert(std::move(key), to, std::move(bytes),
                                                       client_non_invite(timers, reliable));
  if (t == nullptr) return client_tx{};  // the branch is in use: nothing is sent
  if (large) t->udp = wanted;
  start(*t, now);
  return client_tx{t->number};
}

void client_side::start(transaction& t, time_point now) {
  enlist(t);
  std::visit([&](auto& machine) { static_cast<void>(machine.start(now)); }, t.machine);
  send(t);
  settle(t, std::nullopt);
}

void client_side::send(const transaction& t) {
  core_.out.emplace_back(transmit{t.to, t.request, client_tx{t.number}});
}

void client_side::send_cancel(client_tx invite, time_point now) {
  transaction* t = table_.find(static_cast<std::uint64_t>(invite));
  if (t == nullptr || t->cancelled || !std::holds_alternative<client_invite>(t->machine)) return;
  auto& machine = std::get<client_invite>(t->machine);
  if (machine.current() > client_invite::state::proceeding) return;
  std::string bytes = derive_request(t->request, name_of(method::cancel), {});
  if (bytes.empty()) return;
  t->cancelled = true;
  machine.cancel_sent(now);
  settle(*t, std::nullopt);
  const bool reliable = is_reliable(t->to.transport);
  transaction* cancel =
      table_.insert(client_key(branch_of(t->key), name_of(method::cancel)), t->to, std::move(bytes),
                    client_non_invite(core_.config.timers, reliable));
  if (cancel == nullptr) return;
  cancel->own = true;
  start(*cancel, now);
}

// Nothing when the response is not for us: several Vias (8.1.3.3), unknown branch.
client_side::transaction* client_side::find(const message& response) {
  if (!has_one_via(response)) return nullptr;
  const auto& top = response.top_via();
  const auto& sequence = response.cseq();
  if (!top || !sequence) return nullptr;
  return table_.find(client_key(top->branch(), sequence->method_name));
}

void client_side::receive(std::shared_ptr<const message> response, const hop& from,
                          time_point now) {
  if (response->check() != nullptr || !iequals(response->version(), "SIP/2.0")) {
    ++core_.counters.malformed;
    return;
  }
  transaction* t = find(*response);
  if (t == nullptr) {
    ++core_.counters.stray_responses;
    return;
  }
  const int status = response->status();
  std::visit(
      [&](auto& machine) {
        const auto output = machine.receive_response(status, now);
        if constexpr (requires { output.send_ack; })
          if (output.send_ack) send_ack(*t, *response);
        if (output.inform && !t->own)
          core_.out.emplace_back(
              response_received{client_tx{t->number}, std::move(response), from});
        if (status >= 200 && !output.inform) ++core_.counters.retransmissions_received;
        settle(*t, output.ended);
      },
      t->machine);
}

void client_side::send_ack(transaction& t, const message& response) {
  if (t.ack.empty()) {
    const std::string_view to = response.value(header_id::to);
    t.ack = derive_request(t.request, name_of(method::ack), to);
    if (t.ack.empty()) return;
  } else {
    ++core_.counters.retransmissions_sent;
  }
  core_.send(t.to, t.ack);
}

void client_side::handle_timeout(std::uint64_t number, time_point now) {
  transaction* t = table_.find(number);
  if (t == nullptr) return;
  t->timer = {};  // it has left the heap
  std::visit(
      [&](auto& machine) {
        const auto output = machine.handle_timeout(now);
        if (output.send_request) {
          ++core_.counters.retransmissions_sent;
          send(*t);
        }
        if (output.ended == tx_end::timed_out && !t->own)
          core_.out.emplace_back(request_timed_out{client_tx{t->number}});
        settle(*t, output.ended);
      },
      t->machine);
}

void client_side::sent_on(client_tx request, flow_id flow) {
  transaction* t = table_.find(static_cast<std::uint64_t>(request));
  if (t == nullptr) return;
  delist(*t);
  t->to.flow = flow;
  enlist(*t);
}

std::optional<socket_address> client_side::waits_on(flow_id flow) const {
  const auto [first, last] = by_flow_.equal_range(flow);
  for (auto one = first; one != last; ++one) {
    const transaction* t = table_.find(one->second);
    if (t != nullptr && is_unanswered(t->machine) && !t->again) return t->to.remote;
  }
  return std::nullopt;
}

void client_side::connection_lost(flow_id lost, std::optional<flow_id> instead, time_point now) {
  for (const std::uint64_t number : all_of(by_flow_, lost)) {
    transaction* t = table_.find(number);
    if (t != nullptr && is_unanswered(t->machine)) fail(*t, instead, now);
  }
}

void client_side::peer_unreachable(const socket_address& remote, time_point now) {
  for (const std::uint64_t number : all_of(by_remote_, remote)) {
    transaction* t = table_.find(number);
    if (t != nullptr && is_unanswered(t->machine)) fail(*t, std::nullopt, now);
  }
}

void client_side::fail(transaction& t, std::optional<flow_id> instead, time_point now) {
  if (instead && !t.again) {
    t.again = true;
    delist(t);
    t.to.flow = *instead;
    enlist(t);
    send(t);
    return;
  }
  if (t.udp) return go_back_to_udp(t, now);
  if (!t.own) core_.out.emplace_back(request_timed_out{client_tx{t.number}, true});
  forget(t);
}

// 18.1.1: "the element SHOULD retry the request, using UDP".
void client_side::go_back_to_udp(transaction& t, time_point now) {
  core_.arm(t.timer, never, {});
  delist(t);
  t.to = *std::exchange(t.udp, std::nullopt);
  t.request = with_via_transport(std::move(t.request), transport::udp);
  if (std::holds_alternative<client_invite>(t.machine))
    t.machine = client_invite(core_.config.timers, false);
  else
    t.machine = client_non_invite(core_.config.timers, false);
  core_.out.emplace_back(fell_back_to_udp{client_tx{t.number}, t.to.remote, t.request.size()});
  start(t, now);
}

void client_side::forget(transaction& t) {
  core_.arm(t.timer, never, {});
  delist(t);
  table_.erase(t);
}

void client_side::enlist(const transaction& t) {
  if (is_reliable(t.to.transport))
    by_flow_.emplace(t.to.flow, t.number);
  else if (t.to.has_alternative)
    by_remote_.emplace(t.to.remote, t.number);
}

void client_side::delist(const transaction& t) {
  if (is_reliable(t.to.transport))
    drop(by_flow_, t.to.flow, t.number);
  else if (t.to.has_alternative)
    drop(by_remote_, t.to.remote, t.number);
}

void client_side::settle(transaction& t, const std::optional<tx_end>& ended) {
  if (ended) {
    forget(t);
    return;
  }
  const time_point next =
      std::visit([](const auto& machine) { return machine.next().at; }, t.machine);
  core_.arm(t.timer, next, {false, t.number});
}

}  // namespace sipvoice::sip
