#include "sipvoice/call/endpoint.hpp"

#include <set>

#include "sipvoice/base/text.hpp"
#include "sipvoice/call/call.hpp"
#include "sipvoice/call/clients.hpp"
#include "sipvoice/call/flood_gate.hpp"
#include "sipvoice/call/in_dialog_content.hpp"
#include "sipvoice/call/out_of_dialog.hpp"

namespace sipvoice::call {
namespace {

sip::user_agent_config agent_config(const endpoint_config& c) {
  sip::user_agent_config a;
  a.timers = c.timers;
  a.server_name = c.user_agent;
  return a;
}

/// Overload of std::visit's visitor.
template <class... F>
struct overloaded : F... {
  using F::operator()...;
};
template <class... F>
overloaded(F...) -> overloaded<F...>;

}  // namespace

const char* name_of(ended_by by) {
  switch (by) {
    case ended_by::remote:
      return "remote";
    case ended_by::local:
      return "local";
    case ended_by::timeout:
      return "timeout";
    case ended_by::error:
      return "error";
  }
  return "error";
}

struct endpoint::impl {
  struct entry {
    std::unique_ptr<class call> object;
    time_point deadline = never;  ///< as it stands in `deadlines`
  };

  impl(endpoint_config c, random_source& random, host_environment& host)
      : config(std::move(c)),
        agent(agent_config(config), random),
        shared{config, random, agent, host},
        gate(shared),
        flood(shared),
        outside(shared) {}

  /// Runs `f` on the call, then what the SIP core has to say, then takes stock of the call.
  template <class F>
  bool with(call_id id, time_point now, F&& f) {
    shared.now = now;
    const auto found = calls.find(id);
    if (found == calls.end()) return false;
    const bool done = f(*found->second.object);
    settle(id);
    pump();
    return done;
  }
  template <class Index, class Key, class F>
  void for_key(const Index& index, const Key& key, F&& f) {
    const auto found = index.find(key);
    if (found == index.end()) return;
    const call_id id = found->second;
    f(*calls.at(id).object);
    settle(id);
  }

  void post();
  void place(call_id id, const dial_request& request, std::optional<call_id> referrer);
  replaced_call find_replaced(const sip::message& invite);
  class call& add(call_info info, local_side local, std::string tag);
  void settle(call_id id);
  void pump();
  void listen();
  bool settle_transports();
  void run(const deferred& what);
  void report(const lost_flow& lost);
  void refuse_broken(const sip::hop& from, const flow_table::framed& what);
  bool take(const sip::hop& from, const ip_address& local, std::string bytes);
  void on(const sip::request_received& r);
  void new_invite(const sip::request_received& r);

  endpoint_config config;
  sip::user_agent agent;
  services shared;
  invite_gate gate;
  flood_gate flood;
  clients outside;
  std::unordered_map<call_id, entry> calls;
  std::set<std::pair<time_point, call_id>> deadlines;
};

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
    if (e.deadline != never) deadlines.erase({e.deadline, id});
    if (next != never) deadlines.emplace(next, id);
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
    agent.transport_failed(lost->transport, lost->remote, lost->was_open, shared.now);
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

void endpoint::impl::listen() {
  while (auto out = agent.poll()) {
    std::visit(
        overloaded{
            [&](sip::transmit& t) { shared.flows.send(t.to, std::move(t.bytes), shared.now); },
            [&](const sip::request_received& r) { on(r); },
            [&](const sip::ack_received& a) {
              const auto to = a.request->to();
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
                                f.remote.to_string() + " over UDP: it takes no TCP connection");
            },
            [](const sip::server_tx_ended&) {},
        },
        *out);
  }
}

void endpoint::impl::on(const sip::request_received& r) {
  if (r.request->method() == sip::method::ack) return;
  if (sip::is_reliable(r.from.transport)) {  // RFC 5923 section 5
    const auto via = r.request->top_via();
    if (via && via->params.has("alias"))
      shared.flows.add_alias(
          r.from.flow,
          {r.from.remote.ip, via->port != 0 ? via->port : sip::default_port(r.from.transport)});
  }
  const auto to = r.request->to();
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

endpoint::endpoint(endpoint_config config, random_source& random, host_environment& host)
    : impl_(std::make_unique<impl>(std::move(config), random, host)) {}
endpoint::~endpoint() = default;

void endpoint::add_listener(const listener& l) { impl_->shared.listeners.push_back(l); }

void endpoint::receive(flow_id flow, const socket_address& from, const ip_address& local,
                       std::string bytes, time_point now) {
  impl_->shared.now = now;
  impl_->take({flow, sip::transport::udp, from}, local, std::move(bytes));
}

bool endpoint::impl::take(const sip::hop& from, const ip_address& local, std::string bytes) {
  if (!flood.admit(from, bytes)) return false;
  agent.receive(from, local, std::move(bytes), shared.now);
  pump();
  return true;
}

void endpoint::receive(flow_id flow, std::string_view segment, time_point now) {
  services& s = impl_->shared;
  s.now = now;
  if (!s.flows.receive(flow, segment, now)) return;
  while (auto message = s.flows.next_message(flow, now)) {
    const auto from = s.flows.look(flow);
    const sip::hop hop{flow, from->transport, from->remote};
    if (message->broken != nullptr) {
      impl_->refuse_broken(hop, *message);
      s.flows.close(flow, message->broken);
      break;
    }
    impl_->take(hop, from->local.ip, std::move(message->bytes));
  }
  impl_->pump();
}

/// 513 for what is too long, 400 for what cannot be told apart from the next message; to a request
/// whose head can be read.
void endpoint::impl::refuse_broken(const sip::hop& from, const flow_table::framed& what) {
  const auto request = sip::message::parse(what.bytes);
  if (!request || !request->is_request() || request->method() == sip::method::ack) return;
  const bool readable = request->top_via() && request->from() && request->to() &&
                        !request->call_id().empty() && request->cseq();
  if (!readable) return;
  const bool too_long = std::string_view(what.broken).find("long") != std::string_view::npos;
  shared.flows.send(from,
                    shared
                        .reply(*request, too_long ? 513 : 400, from, shared.new_tag(),
                               too_long ? "" : what.broken)
                        .finish(),
                    shared.now);
}

std::optional<flow_id> endpoint::flow_accepted(flow_id listener, const socket_address& remote,
                                               const socket_address& local, time_point now) {
  services& s = impl_->shared;
  s.now = now;
  std::optional<flow_id> id;
  for (const auto& l : s.listeners)
    if (l.flow == listener) id = s.flows.accepted(listener, l.transport, remote, local, now);
  impl_->pump();
  return id;
}

void endpoint::flow_opened(flow_id flow, const socket_address& local, time_point now) {
  impl_->shared.now = now;
  impl_->shared.flows.opened(flow, local, now);
  impl_->pump();
}

void endpoint::flow_failed(flow_id flow, const std::string& why, time_point now) {
  flow_closed(flow, why, now);
}

void endpoint::flow_closed(flow_id flow, const std::string& why, time_point now) {
  impl_->shared.now = now;
  impl_->shared.flows.gone(flow, why);
  impl_->pump();
}

void endpoint::peer_unreachable(const socket_address& remote, time_point now) {
  impl_->shared.now = now;
  impl_->agent.transport_failed(sip::transport::udp, remote, false, now);
  impl_->pump();
}

void endpoint::dns_answer(question_id id, const sip::dns_reply& reply, time_point now) {
  impl_->shared.now = now;
  impl_->shared.names.receive(id, reply);
  impl_->pump();
}

void endpoint::handle_timeout(time_point now) {
  impl_->shared.now = now;
  impl_->agent.handle_timeout(now);
  impl_->shared.flows.handle_timeout(now);
  impl_->shared.names.handle_timeout(now);
  impl_->outside.handle_timeout();
  impl_->pump();
  while (!impl_->deadlines.empty() && impl_->deadlines.begin()->first <= now) {
    const call_id id = impl_->deadlines.begin()->second;
    impl_->with(id, now, [](class call& c) {
      c.handle_timeout();
      return true;
    });
  }
}

void endpoint::media_port(call_id id, std::optional<media_ports> ports, time_point now) {
  if (!impl_->calls.contains(id)) {  // its call is gone: nobody else will give the pair back
    if (ports) impl_->shared.out.emplace_back(release_media_port{ports->id});
    return;
  }
  impl_->with(id, now, [&](class call& c) {
    c.media_port(std::move(ports));
    return true;
  });
}

void endpoint::handle(const media::media_event& event, time_point now) {
  const auto found = impl_->shared.index.by_media.find(event.id);
  if (found == impl_->shared.index.by_media.end()) return;
  const call_id id = found->second;
  impl_->with(id, now, [&](class call& c) {
    c.handle(event);
    return true;
  });
}

bool endpoint::ring(call_id id, time_point now) {
  return impl_->with(id, now, [](class call& c) { return c.ring(); });
}

bool endpoint::early_media(call_id id, time_point now) {
  return impl_->with(id, now, [](class call& c) { return c.early_media(); });
}

bool endpoint::answer(call_id id, const answer_options& options, time_point now) {
  return impl_->with(id, now, [&](class call& c) { return c.answer(options); });
}

bool endpoint::reject(call_id id, int status, std::string reason, std::string rule,
                      time_point now) {
  return impl_->with(
      id, now, [&](class call& c) { return c.reject(status, std::move(reason), std::move(rule)); });
}

bool endpoint::hang_up(call_id id, std::string reason, time_point now) {
  return impl_->with(id, now, [&](class call& c) { return c.hang_up(std::move(reason)); });
}

bool endpoint::hold(call_id id, time_point now) {
  return impl_->with(id, now, [](class call& c) { return c.hold(true); });
}

bool endpoint::resume(call_id id, time_point now) {
  return impl_->with(id, now, [](class call& c) { return c.hold(false); });
}

bool endpoint::modify(call_id id, const media_modification& change, time_point now) {
  return impl_->with(id, now, [&](class call& c) { return c.modify(change); });
}

call_id endpoint::dial(const dial_request& request, time_point now) {
  impl_->shared.now = now;
  const call_id id = impl_->shared.new_call_id();
  impl_->place(id, request, {});
  impl_->pump();
  return id;
}

bool endpoint::transfer(call_id id, const std::string& target, time_point now) {
  return impl_->with(id, now, [&](class call& c) { return c.transfer(target, std::nullopt); });
}

bool endpoint::transfer_to_call(call_id id, call_id other, time_point now) {
  const auto found = impl_->calls.find(other);
  if (found == impl_->calls.end() || id == other) return false;
  const auto goal = found->second.object->as_transfer_goal();
  if (!goal) return false;
  return impl_->with(id, now,
                     [&](class call& c) { return c.transfer(goal->target, goal->dialog); });
}

bool endpoint::send_info_digit(call_id id, char digit, std::uint32_t duration_ms, time_point now) {
  return impl_->with(id, now, [&](class call& c) {
    return c.send_content(info_digit_request(digit, duration_ms));
  });
}

bool endpoint::send_message(call_id id, const std::string& content_type, std::string body,
                            time_point now) {
  return impl_->with(id, now, [&](class call& c) {
    return c.send_content(message_request(content_type, std::move(body)));
  });
}

call_id endpoint::register_account(const registration_request& what, time_point now) {
  impl_->shared.now = now;
  const call_id id = impl_->shared.new_call_id();
  const bool done = impl_->outside.add(id, what);
  impl_->pump();
  return done ? id : call_id{};
}

bool endpoint::unregister(call_id id, time_point now) {
  impl_->shared.now = now;
  const bool done = impl_->outside.unregister(id);
  impl_->pump();
  return done;
}

void endpoint::unregister_all(time_point now) {
  impl_->shared.now = now;
  impl_->outside.unregister_all();
  impl_->pump();
}

call_id endpoint::send_request(const outgoing_request& what, duration timeout, time_point now) {
  impl_->shared.now = now;
  const call_id id = impl_->shared.new_call_id();
  const bool done = impl_->outside.send(id, what, timeout);
  impl_->pump();
  return done ? id : call_id{};
}

void endpoint::stop_accepting() { impl_->gate.stop_accepting(); }

std::optional<output> endpoint::poll() {
  auto& out = impl_->shared.out;
  if (out.empty()) return std::nullopt;
  std::optional<output> first = std::move(out.front());
  out.pop_front();
  return first;
}

time_point endpoint::next_deadline() const {
  const time_point calls = impl_->deadlines.empty() ? never : impl_->deadlines.begin()->first;
  return std::min({calls, impl_->outside.next_deadline(), impl_->agent.next_deadline(),
                   impl_->shared.flows.next_deadline(), impl_->shared.names.next_deadline()});
}

std::size_t endpoint::calls() const { return impl_->shared.untold; }

std::size_t endpoint::unanswered_byes() const { return impl_->shared.unanswered; }

std::size_t endpoint::transactions() const { return impl_->agent.transactions(); }

endpoint_inventory endpoint::inventory() const {
  return {impl_->calls.size(), impl_->agent.transactions(), impl_->shared.index.size(),
          impl_->deadlines.size(), impl_->shared.out.size()};
}

std::size_t endpoint::flows() const { return impl_->shared.flows.size(); }

endpoint_counters endpoint::counters() const {
  endpoint_counters c;
  c.sip = impl_->agent.counters();
  c.rate_limited = impl_->flood.limited();
  c.rate_silenced = impl_->flood.silenced();
  c.calls_in = impl_->shared.calls_in;
  c.calls_out = impl_->shared.calls_out;
  c.rejected = impl_->shared.rejected;
  return c;
}

}  // namespace sipvoice::call
