// Being called: from an INVITE that passed the checks to its ACK (RFC 3261 section 13.3).
#include "sipvoice/call/call.hpp"
#include "sipvoice/call/offer_check.hpp"
#include "sipvoice/call/reason.hpp"

namespace sipvoice::call {

void call::begin(const sip::request_received& invite, sip::dialog dialog,
                 std::optional<sdp::audio_agreement> agreement) {
  unacknowledged_cseq_ = dialog.remote_cseq.value_or(0);
  enter(std::move(dialog), invite.from);
  pending_ = pending_invite{invite.tx, invite.request, invite.from};
  s_.index.by_server_tx[invite.tx] = info_.id;
  agreement_ = std::move(agreement);
  // Media may come from elsewhere than signalling; the port must reach them. On old-style hold, or
  // without an offer, the signalling peer is all that is known.
  const bool known = agreement_ && !agreement_->remote_rtp.ip.is_unspecified();
  media_.request_port(known ? agreement_->remote_rtp.ip : invite.from.remote.ip);
}

void call::media_port(std::optional<media_ports> ports) {
  const bool taken = media_.take_port(std::move(ports));
  if (phase_ != phase::preparing) return;
  if (!info_.inbound) {
    if (taken) {
      send_invite();
    } else {
      fail_dial("no_port");
    }
    return;
  }
  if (!taken) {
    refuse_invite(503, {}, "no_port");
    return;
  }
  phase_ = phase::inviting;
  told_ = true;
  ++s_.calls_in;
  s_.emit(call_incoming{info_});
}

sip::message_builder call::invite_response(int status, std::string_view reason) const {
  return s_.reply(*pending_->request, status, pending_->from, local_tag_, reason);
}

void call::send_provisional(int status, const std::string& body) {
  auto b = invite_response(status);
  b.add(sip::header_id::contact, local_.contact());
  provisional_ = b.finish(body.empty() ? "" : "application/sdp", body);
  provisional_status_ = status;
  s_.agent.respond(pending_->tx, status, provisional_, s_.now);
  // 13.3.1.1: proxies give up after three minutes without one.
  provisional_at_ = s_.now + std::chrono::minutes(1);
}

bool call::ring() {
  if (phase_ != phase::inviting || !info_.inbound) return false;
  send_provisional(180, early_answer_);
  if (!rung_) s_.emit(call_ringing{info_.id, 180});
  rung_ = true;
  return true;
}

bool call::early_media() {
  // Without reliable provisionals only an answer may come early, never an offer (13.2.1).
  if (phase_ != phase::inviting || !info_.inbound || !agreement_) return false;
  if (!early_answer_.empty()) return false;
  early_answer_ = description_for(*pending_->request, agreement_);
  send_provisional(183, early_answer_);
  media_.open_or_change();
  s_.emit(call_early_media{info_.id, media_.id(), media_.format()});
  return true;
}

std::string call::description_for(const sip::message& invite,
                                  const std::optional<sdp::audio_agreement>& agreement) {
  if (agreement) return media_.negotiation().answer(invite.body(), *agreement, media_.advertised());
  offer_outstanding_ = true;
  return media_.negotiation().make_offer(media_.advertised());
}

bool call::answer(const answer_options& options) {
  if (phase_ != phase::inviting || !info_.inbound) return false;
  for (const auto& [name, value] : options.headers)
    if (!sip::is_safe_value(name) || !sip::is_safe_value(value)) return false;
  const std::string body =
      early_answer_.empty() ? description_for(*pending_->request, agreement_) : early_answer_;
  auto b = invite_response(200);
  b.add(sip::header_id::contact, local_.contact());
  b.add(sip::header_id::allow, allowed_methods());
  for (const auto& [name, value] : options.headers) b.add(name, value);
  const sip::server_tx tx = pending_->tx;
  answer_invite_finally(200, b.finish("application/sdp", body));
  repetition_.start(tx, s_.config.timers, s_.now);
  phase_ = phase::answered;
  early_answer_ = {};
  agreement_.reset();
  return true;
}

void call::answer_invite_finally(int status, std::string bytes) {
  s_.agent.respond(pending_->tx, status, std::move(bytes), s_.now);
  s_.index.by_server_tx.erase(pending_->tx);
  pending_.reset();
  provisional_ = {};
  provisional_at_ = never;
}

void call::refuse_invite(int status, std::string_view reason, const std::string& rule) {
  auto b = invite_response(status, reason);
  if (status == 503) b.add(sip::header_id::retry_after, limits::retry_after_s);
  answer_invite_finally(status, b.finish());
  finish_rejected(status, std::string(reason.empty() ? sip::standard_reason(status) : reason),
                  rule);
}

bool call::reject(int status, std::string reason, std::string rule) {
  if (phase_ != phase::inviting || !info_.inbound || status < 300 || status > 699) return false;
  if (!sip::is_safe_value(reason)) reason.clear();
  refuse_invite(status, reason, rule);
  return true;
}

void call::receive_cancel(const sip::cancelled& c) {
  if (!pending_ || pending_->tx != c.invite) return;
  const remote_reason reason = reason_of(*c.cancel);
  end_.remote_reason = reason.text;
  end_.q850_cause = reason.q850;
  answer_invite_finally(487, invite_response(487).finish());
  if (told_) {
    finish(ended_by::remote, "cancelled");
  } else {
    finish_rejected(487, std::string(sip::standard_reason(487)), "cancelled");
  }
}

bool call::take_answer_of(const sip::message& m) {
  if (!has_sdp(m)) {
    s_.log(1, "call " + info_.session_id + ": the answer to our offer is missing");
    return false;
  }
  const auto agreed = media_.negotiation().take_answer(m.body());
  if (!agreed) s_.log(1, "call " + info_.session_id + ": unusable answer: " + agreed.error().text);
  return agreed.has_value();
}

void call::receive_ack(const sip::ack_received& ack) {
  const auto number = ack.request->cseq();
  if (!repetition_.waiting() || !inside_ || !inside_->dialog().matches(*ack.request) || !number ||
      number->number != unacknowledged_cseq_) {
    return;  // a copy, or of an INVITE that is settled
  }
  repetition_.stop();
  const bool agreed = !std::exchange(offer_outstanding_, false) || take_answer_of(*ack.request);
  if (hang_up_wish_) {
    const wish w = *hang_up_wish_;
    send_bye();
    finish(w.by, w.reason);
  } else if (!agreed) {
    send_bye();
    finish(ended_by::error, "bad_answer");
  } else if (phase_ == phase::answered) {
    become_up();
  } else {
    media_.open_or_change();
    tell_hold();
  }
}

/// 13.3.1.4: the dialog is confirmed all the same, so it is ended by BYE.
void call::no_ack_came() {
  const wish w = hang_up_wish_.value_or(wish{ended_by::timeout, "no_ack"});
  send_bye();
  finish(w.by, w.reason);
}

}  // namespace sipvoice::call
