#include <stdexcept>
#include <utility>

#include "sipvoice/base/overloaded.hpp"
#include "sipvoice/base/text.hpp"
#include "sipvoice/call/endpoint_impl.hpp"
#include "sipvoice/call/in_dialog_content.hpp"

namespace sipvoice::call {
namespace {

sip::user_agent_config agent_config(const endpoint_config& c) {
  // Here, not when the first message is made of it.
  if (!sip::is_safe_value(c.user_agent) || !sip::is_safe_value(c.auth_realm))
    throw std::invalid_argument("a user agent or realm that is not one line");
  sip::user_agent_config a;
  a.timers = c.timers;
  a.server_name = c.user_agent;
  a.pass_any_method = c.hold_request != nullptr;
  return a;
}

}  // namespace

endpoint::impl::impl(endpoint_config c, random_source& random, host_environment& host)
    : config(std::move(c)),
      agent(agent_config(config), random),
      shared{config, random, agent, host},
      gate(shared),
      flood(shared),
      outside(shared),
      held_outside(shared, call_id{}) {}

class call& endpoint::impl::add(call_info info, local_side local, std::string tag) {
  const call_id id = info.id;
  entry& e = calls[id];
  e.object = std::make_unique<class call>(shared, std::move(info), local, std::move(tag));
  return *e.object;
}

/// Keeps the table of deadlines right, and forgets a call that is over and done.
void endpoint::impl::settle(call_id id) {
  const auto found = calls.find(id);
  if (found == calls.end()) return;
  entry& e = found->second;
  const bool done = e.object->removable();
  const time_point next = done ? never : e.object->next_deadline();
  if (next != e.deadline) {
    deadlines.cancel(e.timer);
    e.timer = next != never ? deadlines.schedule(next, id) : timer_id::none;
    e.deadline = next;
  }
  if (done) calls.erase(found);
}

/// What the SIP core has to say, and what calls want of one another, until nothing is left.
void endpoint::impl::pump() {
  do {
    post();
    listen();
  } while (settle_transports() || !shared.letters.empty() || !shared.placed.empty());
}

void endpoint::impl::post() {
  while (!shared.placed.empty()) {
    const services::placed_call one = std::move(shared.placed.front());
    shared.placed.pop_front();
    place(one.id, one.request, one.referrer);
  }
  while (!shared.letters.empty()) {
    const services::letter one = std::move(shared.letters.front());
    shared.letters.pop_front();
    const auto to = calls.find(one.to);
    if (to == calls.end()) continue;
    one.open(*to->second.object);
    settle(one.to);
  }
}

/// What became of connections and lookups; false: nothing new.
bool endpoint::impl::settle_transports() {
  bool any = false;
  while (const auto lost = shared.flows.poll_lost()) {
    report(*lost);
    std::optional<flow_id> instead;
    // To where the request was meant to go: a connection that was accepted came from a port at
    // which nobody listens.
    const auto meant = lost->was_open ? agent.waits_on(lost->flow) : std::nullopt;
    if (meant)
      instead = shared.flows.connect(lost->transport, *meant, lost->server_name, shared.now);
    agent.connection_lost(lost->flow, instead, shared.now);
    if (lost->was_open) outside.connection_lost(lost->flow);
    any = true;
  }
  while (auto ready = shared.flows.poll_ready()) {
    run(*ready);
    any = true;
  }
  while (auto ready = shared.names.poll_ready()) {
    run(*ready);
    any = true;
  }
  return any;
}

void endpoint::impl::run(const deferred& what) {
  what.run();
  outside.sweep();
  settle(what.owner);
}

void endpoint::impl::report(const lost_flow& lost) {
  const std::string where = to_lower(sip::via_name(lost.transport)) + ":" + lost.remote.to_string();
  if (!lost.was_open)
    shared.log(1, "no connection to " + where + ": " + lost.why);
  else
    shared.log(0, "connection with " + where + " has ended: " + lost.why);
}

void endpoint::impl::send(sip::transmit& t) {
  const flow_id on = shared.flows.send(t.to, std::move(t.bytes), shared.now);
  if (on != t.to.flow && t.request != sip::client_tx{}) agent.sent_on(t.request, on);
}

void endpoint::impl::listen() {
  while (auto out = agent.poll()) {
    std::visit(overloaded{
                   [&](sip::transmit& t) { send(t); },
                   [&](const sip::request_received& r) { on(r); },
                   [&](const sip::ack_received& a) {
                     const auto& to = a.request->to();
                     if (!to) return;
                     for_key(shared.index.by_local_tag, std::string(to->tag()),
                             [&](class call& c) { c.receive_ack(a); });
                   },
                   [&](const sip::cancelled& c) {
                     for_key(shared.index.by_server_tx, c.invite,
                             [&](class call& one) { one.receive_cancel(c); });
                   },
                   [&](const sip::response_received& r) {
                     if (outside.receive_response(r)) return;
                     for_key(shared.index.by_client_tx, r.tx,
                             [&](class call& c) { c.receive_response(r); });
                   },
                   [&](const sip::request_timed_out& t) {
                     if (outside.request_timed_out(t.tx)) return;
                     for_key(shared.index.by_client_tx, t.tx,
                             [&](class call& c) { c.request_timed_out(t.tx); });
                   },
                   [&](const sip::fell_back_to_udp& f) {
                     shared.log(1, "a request of " + std::to_string(f.size) + " bytes goes to " +
                                       f.remote.to_string() +
                                       " over UDP: it takes no TCP connection");
                   },
                   [](const sip::server_tx_ended&) {},
               },
               *out);
  }
}

void endpoint::impl::on(const sip::request_received& r) {
  if (r.request->method() == sip::method::ack) return;
  if (sip::is_reliable(r.from.transport)) {  // RFC 5923 section 5
    const auto& via = r.request->top_via();
    if (via && via->params.has("alias"))
      shared.flows.add_alias(
          r.from.flow,
          {r.from.remote.ip, via->port != 0 ? via->port : sip::default_port(r.from.transport)});
  }
  const auto& to = r.request->to();
  if (to && !to->tag().empty()) {
    const auto known = shared.index.by_local_tag.find(std::string(to->tag()));
    if (known == shared.index.by_local_tag.end()) {
      shared.refuse(r, 481);  // 12.2.2
    } else {
      for_key(shared.index.by_local_tag, known->first,
              [&](class call& c) { c.receive_request(r); });
    }
    return;
  }
  if (held_outside.take(r)) return;
  switch (r.request->method()) {
    case sip::method::invite:
      new_invite(r);
      return;
    case sip::method::options:
      answer_options_request(shared, r);
      return;
    case sip::method::bye:
    case sip::method::prack:
    case sip::method::update:
      shared.refuse(r, 481, shared.new_tag());
      return;
    case sip::method::refer:  // we call nobody because a stranger says so
      shared.refuse(r, 603, shared.new_tag());
      return;
    case sip::method::info:
      shared.refuse(r, 481, shared.new_tag());
      return;
    case sip::method::notify:
      refuse_notify(shared, r);
      return;
    case sip::method::message:
      receive_page(shared, r);
      return;
    default:
      refuse_method(shared, r);
      return;
  }
}

/// RFC 3891 section 3.
replaced_call endpoint::impl::find_replaced(const sip::message& invite) {
  if (!invite.has(sip::header_id::replaces)) return {};
  std::size_t values = 0;
  std::string_view value;
  invite.for_each(sip::header_id::replaces, [&](std::string_view one) {
    ++values;
    value = one;
  });
  if (values != 1) return {std::nullopt, 400, "several Replaces"};
  const auto named = sip::replaces::parse(value);
  if (!named) return {std::nullopt, 400, named.error().what};
  const auto known = shared.index.by_local_tag.find(named->to_tag);
  if (known == shared.index.by_local_tag.end())
    return {std::nullopt, 481, "no dialog of that name"};
  const int status = calls.at(known->second).object->replaceable(*named);
  if (status != 0) return {std::nullopt, status, "a dialog that cannot be replaced"};
  return {known->second, 0, ""};
}

void endpoint::impl::new_invite(const sip::request_received& r) {
  auto admitted = gate.admit(r, shared.new_call_id(), calls.size(), find_replaced(*r.request));
  if (!admitted) return;
  const call_id id = admitted->info.id;
  class call& c = add(std::move(admitted->info), admitted->local, std::move(admitted->local_tag));
  c.begin(r, std::move(admitted->dialog), std::move(admitted->agreement));
  settle(id);
}

/// An outgoing call under an id of its own.
void endpoint::impl::place(call_id id, const dial_request& request,
                           std::optional<call_id> referrer) {
  services& s = shared;
  call_info info;
  info.id = id;
  info.inbound = false;
  info.referrer = referrer;
  info.request_uri = request.target;
  info.from_uri = request.from;
  info.to_uri = request.target;
  if (const auto to = sip::uri::parse(request.target); to && to->is_sip())
    info.to_uri = to->without_params();
  for (const auto& header : request.headers) {
    const bool is_x =
        header.first.size() >= 2 && to_lower(header.first[0]) == 'x' && header.first[1] == '-';
    (is_x ? info.x_headers : info.headers).push_back(header);
    if (iequals(header.first, "X-Session-ID")) info.session_id = header.second;
    if (iequals(header.first, "X-Room-ID")) info.room_id = header.second;
  }
  info.participant_id = info.session_id;
  info.sip_call_id = s.random.token(24);
  if (info.session_id.empty()) info.session_id = info.sip_call_id;
  if (info.room_id.empty()) info.room_id = info.sip_call_id;
  info.session_id = s.free_session_id(info.session_id);

  class call& c = add(std::move(info), {}, s.new_tag());
  c.dial(request);
  settle(id);
}

}  // namespace sipvoice::call
