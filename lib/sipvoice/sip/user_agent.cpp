#include "sipvoice/sip/user_agent.hpp"

#include <utility>

#include "sipvoice/sip/agent_core.hpp"
#include "sipvoice/sip/client_side.hpp"
#include "sipvoice/sip/server_side.hpp"

namespace sipvoice::sip {
namespace {

constexpr std::size_t branch_random_length = 16;

}  // namespace

struct user_agent::impl {
  impl(user_agent_config config, random_source& random)
      : core(std::move(config), random), server(core), client(core) {}
  agent_core core;
  server_side server;
  client_side client;
};

user_agent::user_agent(user_agent_config config, random_source& random)
    : impl_(std::make_unique<impl>(std::move(config), random)) {}

user_agent::~user_agent() = default;

void user_agent::receive(const hop& from, const ip_address& local, std::string bytes,
                         time_point now) {
  ++impl_->core.counters.received;
  auto parsed = message::parse(std::move(bytes));
  if (!parsed) {
    ++impl_->core.counters.not_sip;
    return;
  }
  auto one = std::make_shared<const message>(std::move(*parsed));
  if (one->is_request())
    impl_->server.receive(std::move(one), from, local, now);
  else
    impl_->client.receive(std::move(one), from, now);
}

void user_agent::sent_on(client_tx request, flow_id flow) { impl_->client.sent_on(request, flow); }

std::optional<socket_address> user_agent::waits_on(flow_id flow) const {
  return impl_->client.waits_on(flow);
}

void user_agent::connection_lost(flow_id lost, std::optional<flow_id> instead, time_point now) {
  impl_->client.connection_lost(lost, instead, now);
}

void user_agent::peer_unreachable(const socket_address& remote, time_point now) {
  impl_->client.peer_unreachable(remote, now);
}

void user_agent::handle_timeout(time_point now) {
  while (const auto one = impl_->core.timers.pop(now)) {
    if (one->server)
      impl_->server.handle_timeout(one->number, now);
    else
      impl_->client.handle_timeout(one->number, now);
  }
}

time_point user_agent::next_deadline() const { return impl_->core.timers.next(); }

void user_agent::respond(server_tx tx, int status, std::string bytes, time_point now) {
  impl_->server.respond(tx, status, std::move(bytes), now);
}

void user_agent::repeat_2xx(server_tx tx) { impl_->server.repeat_2xx(tx); }

std::optional<hop> user_agent::response_hop(server_tx tx) const {
  return impl_->server.response_hop(tx);
}

client_tx user_agent::send_request(method m, std::string branch, std::string bytes, const hop& to,
                                   time_point now) {
  return impl_->client.send_request(m, branch, std::move(bytes), to, now);
}

void user_agent::send_cancel(client_tx invite, time_point now) {
  impl_->client.send_cancel(invite, now);
}

void user_agent::send_ack(std::string bytes, const hop& to) {
  impl_->core.send(to, std::move(bytes));
}

std::string user_agent::new_branch() {
  return "z9hG4bK" + impl_->core.random.token(branch_random_length);
}

std::optional<user_agent_output> user_agent::poll() { return impl_->core.out.pop(); }

const user_agent_counters& user_agent::counters() const { return impl_->core.counters; }

std::size_t user_agent::transactions() const { return impl_->server.size() + impl_->client.size(); }

}  // namespace sipvoice::sip
