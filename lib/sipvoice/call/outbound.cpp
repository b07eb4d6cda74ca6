// Calling: from dial() to the answer or the refusal (RFC 3261 sections 9.1 and 13.2).
#include <algorithm>

#include "sipvoice/base/text.hpp"
#include "sipvoice/call/call.hpp"
#include "sipvoice/call/offer_check.hpp"

namespace sipvoice::call {
void call::dial(const dial_request& request) {
  calling_ = std::make_unique<calling_side>(request, s_.random);
  calling_->where =
      std::make_unique<destination>(s_, info_.id, [this](destination::progress p) { took_aim(p); });
  if (s_.stopped_placing) return fail_dial("shutdown");
  const auto target = sip::uri::parse(request.target);
  const auto from = sip::uri::parse(request.from);
  if (!target || !target->is_sip()) return fail_dial("bad_target");
  if (!request.from.empty() && (!from || !from->is_sip())) return fail_dial("bad_from");
  if (request.proxy) {
    const auto proxy = sip::uri::parse(*request.proxy);
    if (!proxy || !proxy->is_sip()) return fail_dial("bad_proxy");
  }
  if (const auto* wrong = unsettable(request.headers)) {
    s_.log(2, "header " + printable(wrong->first) + " cannot be set");
    return fail_dial("bad_header");
  }
  if (request.codecs && !media_.use_codecs(*request.codecs)) return fail_dial("no_codec");
  if (request.session_expires) timer_ = session_timer(*request.session_expires, s_.config.min_se);
  aim();
}

/// Even a call that never got out has a beginning and an end.
void call::fail_dial(std::string reason) {
  std::ignore = tell_outgoing();
  finish(ended_by::error, std::move(reason));
}

bool call::tell_outgoing() {
  if (told_) return false;
  told_ = true;
  // Without a way to the peer no address of ours is known (8.1.1.3).
  if (info_.from_uri.empty()) info_.from_uri = "sip:sipvoice@anonymous.invalid";
  ++s_.calls_out;
  s_.emit(call_outgoing{info_});
  return true;
}

/// Finds where the next try goes.
void call::aim() { took_aim(calling_->where->seek(calling_->first_hop())); }

/// At once, or when the name is known and the connection stands.
void call::took_aim(destination::progress p) {
  if (p == destination::progress::waiting || phase_ >= phase::closing) return;
  end_.detail.clear();  // of a target before this one
  if (p == destination::progress::failed) {
    end_.detail = calling_->where->failure();
    return cannot_aim(std::string(calling_->where->problem()));
  }
  aim_at(*calling_->where->found());
}

void call::aim_at(const destination::place& place) {
  const socket_address& peer = place.to.remote;
  // The port for media is bound with the first try and stays.
  const bool other_family =
      phase_ != phase::preparing && media_.local_rtp().ip.is_v6() != peer.ip.is_v6();
  if (other_family) return took_aim(calling_->where->next());
  calling_->peer = peer;
  // A later request may reach another of its places.
  if (calling_->goes_to_configured_peer()) calling_->auth.trust(calling_->where->addresses());
  local_ = place.local;
  if (phase_ != phase::preparing) return send_invite();
  info_.remote_signalling = peer;
  media_.request_port(peer.ip);
}

/// RFC 3263 section 4.3: the same target at another of its places; false: there is none.
bool call::try_next_place() {
  const auto p = calling_->where->next();
  if (p == destination::progress::failed) return false;
  s_.log(1, "call " + printable(info_.session_id) + ": " + calling_->peer->to_string() +
                " does not take it; the next place of " + printable(calling_->target) +
                " is tried");
  took_aim(p);
  return true;
}

void call::cannot_aim(std::string reason) {
  if (phase_ == phase::preparing) return fail_dial(std::move(reason));
  s_.log(1, "call " + printable(info_.session_id) + ": " + printable(calling_->target) +
                " cannot be tried: " + (end_.detail.empty() ? reason : printable(end_.detail)));
  if (try_next_target()) return;
  if (!calling_->refusal) return finish(ended_by::error, std::move(reason));
  finish_rejected(calling_->refusal->status, calling_->refusal->reason, "remote");
}

void call::send_invite() {
  calling_side& c = *calling_;
  if (c.offer.empty()) {
    info_.from_uri = sip::uri::parse(c.from_uri(local_))->without_params();
    if (info_.participant_id.empty()) info_.participant_id = info_.from_uri;
    if (!c.request.late_offer) c.offer = media_.negotiation().make_offer(media_.advertised());
  }
  exchange_.invite_of_ours(true);
  if (!c.offer.empty()) exchange_.offered();
  header_list more;
  timer_.add_to_request(more);
  phase_ = phase::inviting;
  const std::string branch = s_.agent.new_branch();
  std::string bytes = c.make_invite(s_, local_, local_tag_, info_.sip_call_id, branch, more);
  const sip::hop to = c.where->found()->to;
  s_.index.by_client_tx.erase(c.invite);
  c.invite = s_.agent.send_request(sip::method::invite, branch, std::move(bytes), to, s_.now);
  c.pending = true;
  c.last_provisional = 0;
  c.cancel_sent = false;
  c.early_tag.clear();
  c.early.clear();
  s_.index.by_client_tx[c.invite] = info_.id;
  if (tell_outgoing() && c.request.answer_timeout > duration::zero())
    answer_by_ = s_.now + c.request.answer_timeout;
}

void call::receive_response(const sip::response_received& r) {
  if (calling_ && calling_->cseq > 0 && r.tx == calling_->invite) {
    invite_response_came(r);
    return;
  }
  if (inside_ && inside_->receive_response(r)) return;
  if (!calling_ || calling_->early.receive_response(r)) return;
  for (const auto& fork : calling_->forks)
    if (fork->receive_response(r)) return;
}

void call::invite_response_came(const sip::response_received& r) {
  const int status = r.response->status();
  if (status < 200) return on_provisional(*r.response, r.from);
  invite_is_over();
  if (status < 300) return on_2xx(*r.response, r.from);
  on_refusal(*r.response);
}

void call::request_timed_out(sip::client_tx tx) {
  if (calling_ && calling_->cseq > 0 && tx == calling_->invite) {
    invite_timed_out();
    return;
  }
  if (inside_ && inside_->request_timed_out(tx)) return;
  if (!calling_ || calling_->early.request_timed_out(tx)) return;
  for (const auto& fork : calling_->forks)
    if (fork->request_timed_out(tx)) return;
}

void call::invite_is_over() {
  calling_->pending = false;
  if (std::exchange(calling_->given_up, false)) --s_.unanswered;
}

void call::invite_timed_out() {
  invite_is_over();
  if (phase_ != phase::inviting) return;
  if (hang_up_wish_) {
    const wish w = *hang_up_wish_;
    return finish(w.by, w.reason);
  }
  if (try_next_place()) return;
  if (calling_->targets.redirected() && try_next_target()) return;
  finish(ended_by::timeout, "no_response");
}

void call::on_provisional(const sip::message& response, const sip::hop& from) {
  const int status = response.status();
  const bool news = status > 100 && status != calling_->last_provisional;
  calling_->last_provisional = std::max(status, 100);
  if (phase_ != phase::inviting) return send_cancel();  // given up before anything had come
  if (hang_up_wish_) return;
  remember_early_dialog(response);
  if (news && calling_->progress_told < calling_side::max_progress) {
    ++calling_->progress_told;
    tell_referrer(status, response.reason_phrase());
    s_.emit(call_ringing{info_.id, status});
  }

  note_peer(response);
  if (response.lists(sip::header_id::require, "100rel") && !on_reliable(response, from)) return;
  const auto& to = response.to();
  if (calling_->request.late_offer || !calling_->early_tag.empty() || !to || to->tag().empty() ||
      !has_sdp(response)) {
    return;
  }
  // In an unreliable one it may come again; the answer proper is in the 2xx (13.2.1).
  if (!media_.negotiation().take_answer(response.body())) return;
  if (response.lists(sip::header_id::require, "100rel")) exchange_.settled();
  open_early_media(to->tag());
}

void call::open_early_media(std::string_view tag) {
  calling_->early_tag = tag;
  media_.open_or_change();
  s_.emit(call_early_media{info_.id, media_.id(), media_.format()});
}

/// RFC 3262 section 4: acknowledged by PRACK in its early dialog. False: it is not to be looked at.
bool call::on_reliable(const sip::message& response, const sip::hop& from) {
  calling_side& c = *calling_;
  const auto rseq = sip::parse_rseq(response.value(sip::header_id::rseq));
  auto* early = rseq ? c.early.of(response, from, s_, info_.id, local_, c.target) : nullptr;
  if (early == nullptr || !early_dialogs::accept(*early, *rseq)) return false;
  early->requests->use(&c.auth);
  dialog_request prack;
  prack.method = sip::method::prack;
  prack.headers = {{"RAck", sip::rack{*rseq, c.cseq, sip::method::invite}.text()}};
  const bool first = early->description.empty() && has_sdp(response);
  if (first) early->description = response.body();
  const std::string tag = early->requests->dialog().remote_tag;
  // Of several forks one is answered for real: there is one pair of ports and one negotiation.
  const bool answers = first && c.request.late_offer && c.early_tag.empty();
  if (answers) prack.body = answer_to(response).value_or("");
  if (!prack.body.empty()) prack.content_type = "application/sdp";
  const bool opens = !prack.body.empty();
  early->requests->send(std::move(prack));
  if (opens) open_early_media(tag);
  return true;
}

/// Our answer to the offer of a response; nothing where it cannot be used.
std::optional<std::string> call::answer_to(const sip::message& response) {
  const offer_check checked =
      check_offer(response, media_.negotiation(), sip::host_port(local_.address));
  if (!checked.agreement) {
    s_.log(1, "call " + info_.session_id + ": unusable offer: " + checked.detail);
    return std::nullopt;
  }
  return media_.negotiation().answer(response.body(), *checked.agreement, media_.advertised(),
                                     allowed_direction());
}

/// Ends a call that was not answered. A CANCEL may only go out once a provisional has come (9.1).
/// Nothing may ever come from a peer that is silent, so nobody is made to wait for it: the call
/// ends now, and its INVITE goes on quietly. A late provisional is answered by CANCEL, a late 2xx
/// by ACK and BYE.
bool call::give_up(wish w) {
  if (phase_ != phase::inviting || hang_up_wish_) return false;
  if (!calling_->pending || calling_->last_provisional == 0) {
    if (calling_->pending) {
      calling_->given_up = true;
      ++s_.unanswered;
    }
    finish(w.by, std::move(w.reason));
    return true;
  }
  hang_up_wish_ = std::move(w);
  answer_by_ = never;
  send_cancel();
  return true;
}

void call::send_cancel() {
  if (!calling_->pending || std::exchange(calling_->cancel_sent, true)) return;
  s_.agent.send_cancel(calling_->invite, s_.now);
}

void call::on_refusal(const sip::message& response) {
  if (phase_ != phase::inviting) return;
  if (hang_up_wish_) {
    const wish w = *hang_up_wish_;
    return finish(w.by, w.reason);
  }
  calling_side& c = *calling_;
  const int status = response.status();
  if (c.auth.take_challenge(response, c.peer->ip, c.attempt)) return send_invite();
  if (status == 422 && timer_.raise(response)) return send_invite();  // RFC 4028 section 7.3
  c.refusal = {status, std::string(response.reason_phrase())};
  if (status == 503 && try_next_place()) return;
  const bool followed =
      c.request.follow_redirects && redirect_targets::follows(status) && c.targets.take(response);
  // 16.7: after a 6xx nobody else needs to be asked.
  if ((followed || (c.targets.redirected() && status < 600)) && try_next_target()) return;
  finish_rejected(c.refusal->status, c.refusal->reason, "remote");
}

/// The next target that a redirection named; false: there is none.
bool call::try_next_target() {
  auto next = calling_->targets.next();
  if (!next) return false;
  s_.log(1, "call " + printable(info_.session_id) + ": redirected to " + printable(*next));
  calling_->target = std::move(*next);
  calling_->attempt = {};
  aim();
  return true;
}

void call::on_2xx(const sip::message& response, const sip::hop& from) {
  auto answered = sip::dialog::of_response(response, calling_->target);
  const char* wrong = answered ? nullptr : answered.error().what;
  if (response.has(sip::header_id::contact) && !response.contact()) wrong = "unreadable Contact";
  if (!answered) answered = sip::dialog::of_response_without_route(response, calling_->target);
  if (wrong != nullptr) {  // acknowledged and ended as far as that is possible (13.2.2.4)
    s_.log(1, "call " + info_.session_id + ": unusable 2xx: " + wrong);
    if (phase_ == phase::inviting) end_.detail = wrong;
  }
  if (inside_) {
    if (answered->remote_tag == inside_->dialog().remote_tag) {
      inside_->repeat_ack(calling_->invite);  // 13.2.2.4: every copy
    } else {
      end_fork(std::move(*answered), from);
    }
    return;
  }
  const bool late = phase_ >= phase::closing;  // given up before: only to be ended in order
  const std::string tag = answered->remote_tag;
  const auto* early = calling_->early.find(tag);
  const std::string described = early != nullptr ? early->description : std::string{};
  enter(std::move(*answered), from, calling_->early.take(tag));
  linger_until_ = s_.now + 64 * s_.config.timers.t1;
  inside_->use(&calling_->auth);
  exchange_.invite_of_ours(false);
  exchange_.settled();
  const bool wanted = !late && !hang_up_wish_ && wrong == nullptr;
  std::string ack_body;
  const bool agreed = wanted && agree_on_2xx(response, described, ack_body);
  // An offer is answered even where a BYE follows at once (13.2.2.4): the peer is told that the
  // call was ended, not that our ACK is faulty.
  const bool answered_early = !calling_->early_tag.empty() && calling_->early_tag == tag;
  if (!wanted && calling_->request.late_offer && !answered_early)
    ack_body = answer_to(response).value_or("");
  inside_->acknowledge(calling_->invite, calling_->cseq, ack_body, &calling_->attempt);
  if (agreed) {
    note_peer(response);
    timer_.take_response(response, s_.now);
    return become_up();
  }
  const wish w = hang_up_wish_.value_or(wish{ended_by::error, "bad_answer"});
  send_bye();  // where it is late, or the CANCEL came too late, it is only ended in order
  finish(w.by, w.reason);
}

/// The agreement that a 2xx brings, or that reliable provisionals of the same fork have brought.
/// `ack_body`: our answer, where the offer is the peer's.
bool call::agree_on_2xx(const sip::message& response, const std::string& described,
                        std::string& ack_body) {
  const calling_side& c = *calling_;
  const bool told_early = c.early_tag == inside_->dialog().remote_tag && !c.early_tag.empty();
  if (c.request.late_offer) {
    if (told_early) return true;  // its offer was answered by PRACK
    auto answer = answer_to(response);
    if (answer) ack_body = std::move(*answer);
    return answer.has_value();
  }
  // The first description is the answer; the same one may stand in the 2xx again (13.2.1).
  if (told_early && (response.body().empty() || !described.empty())) return true;
  if (response.body().empty() && !described.empty())
    return media_.negotiation().take_answer(described).has_value();
  return take_answer_of(response);
}

/// 13.2.2.4: each 2xx with another tag is a dialog of its own; it is confirmed and ended. A fork
/// that is dropped at once is not worth a question for a name.
void call::end_fork(sip::dialog fork_dialog, const sip::hop& from) {
  for (const auto& known : calling_->forks) {
    if (known->dialog().remote_tag != fork_dialog.remote_tag) continue;
    known->repeat_ack(calling_->invite);
    return;
  }
  if (calling_->forks.size() >= limits::max_forks) return;
  // Its early dialog, if it has one, knows which CSeq numbers are used.
  auto early = calling_->early.take(fork_dialog.remote_tag);
  if (early)
    early->confirm(std::move(fork_dialog), from);
  else
    early = std::make_unique<dialog_requests>(s_, info_.id, local_, std::move(fork_dialog), from);
  calling_->forks.push_back(std::move(early));
  dialog_requests& fork = *calling_->forks.back();
  fork.ask_for_names(false);
  fork.use(&calling_->auth);
  fork.acknowledge(calling_->invite, calling_->cseq, {}, &calling_->attempt);
  fork.send_bye();
}

}  // namespace sipvoice::call
