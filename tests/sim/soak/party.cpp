#include "party.hpp"

#include "guard.hpp"
#include "sipvoice/base/text.hpp"
#include "sipvoice/sip/uri.hpp"

namespace soak {

party::party(sim::world& world, sim::node_config config, ledger& told,
             const std::vector<call_script>& script, std::shared_ptr<const audio::clip> tone,
             tally& happened)
    : world_(world),
      with_media_(config.with_media),
      told_(told),
      script_(script),
      tone_(std::move(tone)),
      happened_(happened),
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

std::string target_of(const call_script& s, const ip_address& where) {
  return "sip:s" + std::to_string(s.number) + "@" + where.to_string() +
         (s.tcp ? ";transport=tcp" : "");
}

void party::dial(const call_script& s, const ip_address& target) {
  call::dial_request request;
  request.target = target_of(s, target);
  request.headers = {{script_header, std::to_string(s.number)}};
  request.answer_timeout = s.answer_timeout;
  request.late_offer = s.late_offer;
  request.accounts = {{account_user, s.wrong_password ? "wrong" : account_password}};
  const call::call_id id = node_->endpoint().dial(request, world_.now());
  script_numbers_[id] = s.number;
  dialled_[s.number] = id;
  if (s.gives_up) later(id, *s.gives_up, [this](call::call_id c) { hang_up(c, "gave_up"); });
  node_->drain();
}

void party::on_call_event(const call::call_event& event, time_point now) {
  told_call* c = told_.take(event, now);
  if (c == nullptr) return;
  note(event, *c);
  if (const auto* in = std::get_if<call::call_incoming>(&event)) incoming(in->info);
  if (const auto* out = std::get_if<call::call_outgoing>(&event)) outgoing(out->info);
  if (const auto* up = std::get_if<call::call_answered>(&event)) answered(*up, *c);
}

/// News for the ledger and for the table.
void party::note(const call::call_event& event, told_call& c) {
  if (const auto* held = std::get_if<call::call_held>(&event)) {
    const bool ours = held->by == call::ended_by::local;
    if (!ours && held->on_hold) c.was_held = true;
    ++happened_[std::string(held->on_hold ? "held" : "resumed") + (ours ? "" : " by the peer")];
  } else if (const auto* digit = std::get_if<call::call_digit>(&event)) {
    c.heard_info += digit->digit;
    ++happened_["digit by INFO"];
  } else if (const auto* text = std::get_if<call::call_message>(&event)) {
    c.heard_letters += text->text;
    ++happened_["MESSAGE"];
  } else if (const auto* moved = std::get_if<call::call_transfer>(&event)) {
    if (moved->state == call::transfer_state::done)
      ++happened_[moved->by_us ? "transferred the peer" : "was transferred"];
    if (moved->state == call::transfer_state::failed) ++happened_["transfer failed"];
  } else if (const auto* end = std::get_if<call::call_ended>(&event)) {
    if (end->reason == "replaced") ++happened_["replaced"];
    if (end->reason == "session_expired") ++happened_["session expired"];
  }
}

/// Of the X-header, else of the user part of the Request-URI; else the last script.
unsigned party::number_of(const call::call_info& info) const {
  const auto last = static_cast<unsigned>(script_.size() - 1);
  for (const auto& [name, value] : info.x_headers)
    if (name == script_header) return static_cast<unsigned>(*parse_decimal(value, last));
  const auto uri = sip::uri::parse(info.request_uri);
  if (!uri || !uri->user.starts_with("s")) return last;
  const std::string user(uri->user);
  return static_cast<unsigned>(
      parse_decimal(std::string_view(user).substr(1), last).value_or(last));
}

/// A call that the peer of another one asked for.
void party::outgoing(const call::call_info& info) {
  if (!info.referrer) return;
  script_numbers_[info.id] = number_of(info);
  ++happened_["referred call"];
}

void party::incoming(const call::call_info& info) {
  const unsigned number = number_of(info);
  script_numbers_[info.id] = number;
  const call_script& s = script_.at(number);
  // Of a caller that vanished nothing is ever heard again; SIP itself would let this ring forever.
  later(info.id, longest_call, [this](call::call_id id) { hang_up(id, "too_long"); });
  if (info.replaces) return;  // it is answered at once
  if (s.rings) node_->endpoint().ring(info.id, world_.now());
  if (s.early_media) node_->endpoint().early_media(info.id, world_.now());
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
  if (s.regrets) hang_up(id, "regrets");
}

void party::answered(const call::call_answered& e, told_call& c) {
  const call_script& s = script_of(e.id);
  const auto stays = c.inbound ? s.callee_stays : s.caller_stays;
  later(e.id, longest_call, [this](call::call_id id) { hang_up(id, "too_long"); });
  plan_steps(e.id, s, !c.inbound);
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

void party::plan_steps(call::call_id id, const call_script& s, bool caller) {
  for (const step& one : s.steps)
    if (one.by_caller == caller)
      later(id, one.after, [this, one](call::call_id c) { take(c, one); });
}

void party::take(call::call_id id, const step& what) {
  call::endpoint& e = node_->endpoint();
  const time_point now = world_.now();
  told_call& c = *told_.find(id);
  call::media_modification change;
  switch (what.what) {
    case step::kind::hold:
      if (e.hold(id, now)) c.wanted_hold = true;
      return;
    case step::kind::resume:
      e.resume(id, now);
      return;
    case step::kind::codec:
      change.codecs = {audio::codec_id::pcma, audio::codec_id::pcmu};
      e.modify(id, change, now);
      return;
    case step::kind::late_offer:
      change.late_offer = true;
      e.modify(id, change, now);
      return;
    case step::kind::info:
      if (e.send_info_digit(id, what.symbol, 160, now)) c.sent_info += what.symbol;
      return;
    case step::kind::message:
      if (e.send_message(id, "text/plain", std::string(1, what.symbol), now))
        c.sent_letters += what.symbol;
      return;
    case step::kind::transfer:
    case step::kind::attended:
      return transfer(id, what);
  }
}

void party::transfer(call::call_id id, const step& what) {
  call::endpoint& e = node_->endpoint();
  if (what.what == step::kind::transfer) {
    e.transfer(id, target_of(script_.at(what.other), third_), world_.now());
  } else if (const auto other = dialled_.find(what.other); other != dialled_.end()) {
    if (e.transfer_to_call(id, other->second, world_.now())) ++happened_["put together"];
  }
}

void party::on_media_event(const media::media_event& event, time_point) {
  const auto* digit = std::get_if<media::digit_received>(&event.body);
  const auto at = by_media_.find(event.id);
  if (digit == nullptr || at == by_media_.end()) return;
  if (told_call* c = told_.find(at->second)) c->heard += digit->digit;
}

}  // namespace soak
