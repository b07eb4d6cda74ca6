// What the shell puts in: bytes, connections, names, ports, news of media, the time.
#include "sipvoice/call/endpoint_impl.hpp"

namespace sipvoice::call {

void endpoint::add_listener(const listener& l) { impl_->shared.listeners.push_back(l); }

void endpoint::receive(flow_id flow, const socket_address& from, const ip_address& local,
                       std::string bytes, time_point now) {
  impl_->shared.now = now;
  impl_->take({flow, sip::transport::udp, from}, local, std::move(bytes));
}

bool endpoint::impl::take(const sip::hop& from, const ip_address& local, std::string bytes) {
  if (config.trace) config.trace({true, from.transport, from.remote, bytes});
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
  impl_->agent.peer_unreachable(remote, now);
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
  impl_->held_outside.handle_timeout();
  impl_->pump();
  while (const auto id = impl_->deadlines.pop(now)) {
    if (const auto due = impl_->calls.find(*id); due != impl_->calls.end())
      due->second.deadline = never;
    impl_->with(*id, now, [](class call& c) {
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

}  // namespace sipvoice::call
