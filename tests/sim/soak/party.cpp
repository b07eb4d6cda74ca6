#include "party.hpp"

#include "sipvoice/base/text.hpp"

namespace soak {

party::party(sim::world& world, sim::node_config config, ledger& told,
             const std::vector<call_script>& script, std::shared_ptr<const audio::clip> tone)
    : world_(world),
      with_media_(config.with_media),
      told_(told),
      script_(script),
      tone_(std::move(tone)),
      node_(std::make_unique<sim::node>(world, config)) {
  node_->set_application(*this);
}

party::~party() { *alive_ = false; }

void party::later(call::call_id id, duration after, action f) {
  world_.at(world_.now() + after, [this, id, alive = alive_, f = std::move(f)] {
    if (!*alive) return;
    f(id);
    node_->drain();
  });
}

const call_script& party::script_of(call::call_id id) const {
  return script_.at(script_numbers_.at(id));
}

void party::hang_up(call::call_id id, const std::string& reason) {
  node_->endpoint().hang_up(id, reason, world_.now());
}

void party::dial(const call_script& s, const std::string& target) {
  call::dial_request request;
  request.target = target;
  request.headers = {{script_header, std::to_string(s.number)}};
  request.answer_timeout = s.answer_timeout;
  const call::call_id id = node_->endpoint().dial(request, world_.now());
  script_numbers_[id] = s.number;
  if (s.gives_up) later(id, *s.gives_up, [this](call::call_id c) { hang_up(c, "gave_up"); });
  node_->drain();
}

void party::on_call_event(const call::call_event& event, time_point now) {
  told_call* c = told_.take(event, now);
  if (c == nullptr) return;
  if (const auto* in = std::get_if<call::call_incoming>(&event)) incoming(in->info);
  if (const auto* up = std::get_if<call::call_answered>(&event)) answered(*up, *c);
}

void party::incoming(const call::call_info& info) {
  unsigned number = 0;
  for (const auto& [name, value] : info.x_headers)
    if (name == script_header) number = static_cast<unsigned>(*parse_decimal(value, 1'000'000));
  script_numbers_[info.id] = number;
  const call_script& s = script_.at(number);
  if (s.rings) node_->endpoint().ring(info.id, world_.now());
  if (s.early_media) node_->endpoint().early_media(info.id, world_.now());
  // Of a caller that vanished nothing is ever heard again; SIP itself would let this ring forever.
  later(info.id, longest_call, [this](call::call_id id) { hang_up(id, "too_long"); });
  if (s.reacts_after == duration::zero()) {
    react(info.id, s);
  } else {
    later(info.id, s.reacts_after, [this](call::call_id id) { react(id, script_of(id)); });
  }
}

void party::react(call::call_id id, const call_script& s) {
  call::endpoint& e = node_->endpoint();
  if (s.callee == reaction::ignore) return;
  if (s.callee == reaction::reject) {
    e.reject(id, s.refusal, {}, "script", world_.now());
    return;
  }
  if (!e.answer(id, {}, world_.now())) return;  // cancelled meanwhile
  told_.find(id)->accepted = true;
  if (s.regrets) hang_up(id, "regrets");
}

void party::answered(const call::call_answered& e, told_call& c) {
  const call_script& s = script_of(e.id);
  const auto stays = c.inbound ? s.callee_stays : s.caller_stays;
  later(e.id, longest_call, [this](call::call_id id) { hang_up(id, "too_long"); });
  if (stays) later(e.id, *stays, [this](call::call_id id) { hang_up(id, "hangup"); });
  if (!with_media_) return;
  by_media_[e.media] = e.id;
  node_->command({e.media, media::start_command{}});
  if (c.inbound) {
    node_->command({e.media, media::echo_command{true}});
    return;
  }
  node_->command({e.media, media::play_command{1, tone_, true}});
  if (s.digits.empty()) return;
  node_->command({e.media, media::send_digits_command{s.digits}});
  c.sent = s.digits;
}

void party::on_media_event(const media::media_event& event, time_point) {
  const auto* digit = std::get_if<media::digit_received>(&event.body);
  const auto at = by_media_.find(event.id);
  if (digit == nullptr || at == by_media_.end()) return;
  if (told_call* c = told_.find(at->second)) c->heard += digit->digit;
}

}  // namespace soak
