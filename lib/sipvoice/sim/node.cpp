#include "sipvoice/sim/node.hpp"

#include <algorithm>
#include <functional>
#include <utility>
#include <variant>

#include "sipvoice/base/overloaded.hpp"

namespace sipvoice::sim {
namespace {

std::uint64_t key(media::media_id id) { return static_cast<std::uint64_t>(id); }
std::uint64_t key(media::port_pair_id id) { return static_cast<std::uint64_t>(id); }

}  // namespace

node::node(world& w, const node_config& config)
    : world_(w),
      config_(config),
      random_(w.random().next()),
      endpoint_(config.endpoint, random_, *this),
      next_port_(static_cast<std::uint16_t>((config.rtp_first + 1) & ~1)) {
  endpoint_.add_listener({sip_flow, sip::transport::udp, {config.address, config.sip_port}});
  if (config.tcp_port != 0)
    endpoint_.add_listener({tcp_flow, sip::transport::tcp, {config.address, config.tcp_port}});
  if (config.tls_port != 0)
    endpoint_.add_listener({tls_flow, sip::transport::tls, {config.address, config.tls_port}});
  world_.attach(config.address, *this);
}

node::~node() { world_.detach(config_.address); }

ip_address node::local_address_toward(const ip_address&) { return config_.address; }

void node::receive(const socket_address& to, const socket_address& from, std::string bytes,
                   time_point now) {
  if (to.port == config_.sip_port) {
    endpoint_.receive(sip_flow, from, to.ip, std::move(bytes), now);
    drain();
    return;
  }
  const bool rtcp = (to.port & 1) != 0;
  const auto pair = by_port_.find(static_cast<std::uint16_t>(to.port & ~1));
  if (pair == by_port_.end()) return;
  const media::media_id id = ports_.at(pair->second).owner;
  const auto s = sessions_.find(key(id));
  if (s == sessions_.end() || !s->second.media) return;
  if (rtcp) {
    s->second.media->receive_rtcp(as_bytes(bytes), from, now);
  } else {
    s->second.media->receive(as_bytes(bytes), from, now);
  }
  flush(id, s->second);
  drain();
}

void node::handle_timeout(time_point now) {
  if (endpoint_.next_deadline() <= now) endpoint_.handle_timeout(now);
  if (app_ != nullptr && app_->next_deadline() <= now) app_->handle_timeout(now);
  run_media();
  drain();
}

time_point node::next_deadline() const {
  time_point t = endpoint_.next_deadline();
  if (app_ != nullptr) t = std::min(t, app_->next_deadline());
  if (!media_timers_.empty()) t = std::min(t, media_timers_.front().first);
  return t;
}

void node::run_media() {
  const time_point now = world_.now();
  while (!media_timers_.empty() && media_timers_.front().first <= now) {
    std::pop_heap(media_timers_.begin(), media_timers_.end(), std::greater<>{});
    const auto [when, id] = media_timers_.back();
    media_timers_.pop_back();
    const auto s = sessions_.find(id);
    if (s == sessions_.end() || s->second.armed != when) continue;
    s->second.armed = never;
    s->second.media->handle_timeout(now);
    flush(media::media_id{id}, s->second);
  }
}

void node::arm(media::media_id id, session& s) {
  const time_point t = s.media->next_deadline();
  if (t == s.armed || t == never) return;
  s.armed = t;
  media_timers_.emplace_back(t, key(id));
  std::push_heap(media_timers_.begin(), media_timers_.end(), std::greater<>{});
}

void node::transmit(session& s) {
  while (const auto out = s.media->poll_transmit()) {
    const auto port = static_cast<std::uint16_t>(s.rtp_port + (out->from_rtcp_port ? 1 : 0));
    world_.send({config_.address, port}, out->to, as_text(out->bytes));
  }
}

void node::flush(media::media_id id, session& s) {
  transmit(s);
  // Events first into a list: what they cause may close this session.
  std::vector<media::event_body> events;
  while (auto e = s.media->poll_event()) events.push_back(std::move(*e));
  arm(id, s);
  for (auto& e : events) tell(id, std::move(e));
}

void node::tell(media::media_id id, media::event_body body) {
  const media::media_event event{id, std::move(body)};
  endpoint_.handle(event, world_.now());
  if (app_ != nullptr) app_->on_media_event(event, world_.now());
}

void node::command(const media::media_command& c) {
  const auto s = sessions_.find(key(c.id));
  if (s == sessions_.end() || !s->second.media) return;
  s->second.media->command(c.body, world_.now());
  flush(c.id, s->second);
}

void node::drain() {
  if (draining_) return;
  draining_ = true;
  while (auto o = endpoint_.poll()) dispatch(std::move(*o));
  draining_ = false;
  world_.touch(*this);
}

void node::dispatch(call::output&& o) {
  std::visit(overloaded{
                 [this](sip::transmit& t) { transmit(t); },
                 [this](call::need_media_port& n) { give_port(n); },
                 [this](call::release_media_port& r) {
                   const auto p = ports_.find(key(r.ports));
                   if (p == ports_.end()) return;
                   by_port_.erase(p->second.rtp);
                   ports_.erase(p);
                 },
                 [this](call::open_flow& f) { open(f); },
                 [this](call::close_flow& f) { close(f); },
                 [this](call::dns_question& q) { ask(q); },
                 [this](media::media_open& m) { open(m); },
                 [this](media::media_change& m) {
                   const auto s = sessions_.find(key(m.id));
                   if (s == sessions_.end() || !s->second.media) return;
                   s->second.media->apply(m, world_.now());
                   flush(m.id, s->second);
                 },
                 [this](media::media_close& m) { close(m); },
                 [this](call::call_event& e) {
                   if (app_ != nullptr) app_->on_call_event(e, world_.now());
                 },
                 [this](call::log_line& l) { log_.push_back(std::move(l.text)); },
             },
             o);
}

void node::give_port(const call::need_media_port& n) {
  const unsigned pairs = (config_.rtp_last - config_.rtp_first + 1U) / 2;
  for (unsigned i = 0; i < pairs; ++i) {
    const std::uint16_t port = next_port_;
    next_port_ = static_cast<std::uint16_t>(next_port_ + 2);
    if (next_port_ + 1 > config_.rtp_last || next_port_ < config_.rtp_first)
      next_port_ = static_cast<std::uint16_t>((config_.rtp_first + 1) & ~1);
    const auto taken = take_port(port);
    if (!taken) continue;
    endpoint_.media_port(n.id, taken, world_.now());
    return;
  }
  endpoint_.media_port(n.id, std::nullopt, world_.now());
}

std::optional<call::media_ports> node::take_port(std::uint16_t port) {
  if (by_port_.contains(port)) return std::nullopt;
  const std::uint64_t id = next_pair_++;
  ports_[id] = {port, {}};
  by_port_[port] = id;
  return call::media_ports{media::port_pair_id{id}, {config_.address, port}};
}

void node::open(const media::media_open& o) {
  session s;
  s.ports = o.ports;
  auto& pair = ports_.at(key(o.ports));
  pair.owner = o.id;
  s.rtp_port = pair.rtp;
  const bool fails = std::exchange(fail_next_media_, false);
  if (config_.with_media && !fails)
    s.media = std::make_unique<media::media_session>(o, world_.now(), world_.now());
  session& kept = sessions_[key(o.id)] = std::move(s);
  if (kept.media) arm(o.id, kept);
  if (fails) tell(o.id, media::media_failed{"out of memory"});
}

void node::close(const media::media_close& c) {
  const auto it = sessions_.find(key(c.id));
  if (it == sessions_.end()) return;
  session s = std::move(it->second);
  sessions_.erase(it);
  const auto p = ports_.find(key(s.ports));
  by_port_.erase(p->second.rtp);
  ports_.erase(p);
  media::media_statistics final_figures;
  if (s.media) {
    s.media->close(world_.now());
    transmit(s);
    while (auto e = s.media->poll_event())
      if (!std::holds_alternative<media::media_closed>(*e)) tell(c.id, std::move(*e));
    final_figures = s.media->statistics();
  }
  tell(c.id, media::media_closed{final_figures});
}

}  // namespace sipvoice::sim
