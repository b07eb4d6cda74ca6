// The stream connections of a node, and its questions to the world's names.
#include <utility>

#include "sipvoice/sim/node.hpp"

namespace sipvoice::sim {

void node::transmit(const sip::transmit& t) {
  if (const auto at = ends_.find(t.to.flow); at != ends_.end())
    return world_.streams().write(at->second, t.bytes);
  if (!sip::is_reliable(t.to.transport))
    world_.send({config_.address, config_.sip_port}, t.to.remote, t.bytes);
}

void node::open(const call::open_flow& f) {
  const stream_end end = world_.streams().connect(*this, config_.address, f.remote);
  ends_[f.flow] = end;
  flows_[end] = f.flow;
  opening_.insert(f.flow);
}

void node::close(const call::close_flow& f) {
  const auto at = ends_.find(f.flow);
  if (at == ends_.end()) return;
  world_.streams().close(at->second);
  flows_.erase(at->second);
  opening_.erase(f.flow);
  ends_.erase(at);
}

bool node::stream_offered(stream_end end, const socket_address& local, const socket_address& remote,
                          time_point now) {
  if (local.port == 0 || (local.port != config_.tcp_port && local.port != config_.tls_port))
    return false;
  const auto flow = endpoint_.flow_accepted(local.port == config_.tcp_port ? tcp_flow : tls_flow,
                                            remote, local, now);
  if (flow) {
    ends_[*flow] = end;
    flows_[end] = *flow;
  }
  drain();
  return flow.has_value();
}

void node::stream_opened(stream_end end, const socket_address& local, time_point now) {
  const auto at = flows_.find(end);
  if (at == flows_.end()) return;
  opening_.erase(at->second);
  endpoint_.flow_opened(at->second, local, now);
  drain();
}

void node::stream_received(stream_end end, std::string_view segment, time_point now) {
  const auto at = flows_.find(end);
  if (at == flows_.end()) return;
  endpoint_.receive(at->second, segment, now);
  drain();
}

void node::stream_ended(stream_end end, const std::string& why, time_point now) {
  const auto at = flows_.find(end);
  if (at == flows_.end()) return;
  const sip::flow_id flow = at->second;
  flows_.erase(at);
  ends_.erase(flow);
  if (opening_.erase(flow) != 0) {
    endpoint_.flow_failed(flow, why, now);
  } else {
    endpoint_.flow_closed(flow, why, now);
  }
  drain();
}

void node::ask(const call::dns_question& q) {
  const zone& names = world_.names();
  const auto spread = static_cast<std::uint64_t>((names.longest - names.shortest).count());
  const auto extra = static_cast<duration::rep>(world_.random().below(spread + 1));
  world_.at(world_.now() + names.shortest + duration(extra),
            [this, q, alive = std::weak_ptr<const bool>(alive_)] {
              if (alive.expired()) return;
              endpoint_.dns_answer(q.id, world_.names().find(q.type, q.name), world_.now());
              drain();
            });
}

}  // namespace sipvoice::sim
