// Being called: from an INVITE that passed the checks to its ACK (RFC 3261 section 13.3).
#include <algorithm>

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
  note_peer(*invite.request);
  exchange_.invite_of_peer(true);
  if (agreement_) exchange_.received();
  const bool may = s_.config.reliable_provisionals == endpoint_config::rel100::when_supported &&
                   invite.request->lists(sip::header_id::supported, "100rel");
  provisionals_.begin(invite.tx, unacknowledged_cseq_,
                      may || invite.request->lists(sip::header_id::require, "100rel"));
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
  take_place();
}

sip::message_builder call::invite_response(int status, std::string_view reason) const {
  return s_.reply(*pending_->request, status, pending_->from, local_tag_, reason);
}

bool call::send_provisional(int status, const std::string& body) {
  auto b = invite_response(status);
  // An early dialog is a dialog: UPDATE and PRACK want to know (RFC 3311 5.1, RFC 3262 4).
  s_.describe_us(b, local_);
  return provisionals_.send(status, std::move(b), body);
}

bool call::ring() {
  if (phase_ != phase::inviting || !info_.inbound || answer_wish_) return false;
  std::string body = early_answer_;
  // Without an offer in the INVITE the first reliable response has ours (RFC 3262 section 5).
  if (provisionals_.is_reliable() && !agreement_ && !described_)
    body = description_for(*pending_->request, agreement_);
  if (!send_provisional(180, body)) return false;
  described_ = described_ || (provisionals_.is_reliable() && !body.empty());
  if (!rung_) s_.emit(call_ringing{info_.id, 180});
  rung_ = true;
  return true;
}

bool call::early_media() {
  if (phase_ != phase::inviting || !info_.inbound || answer_wish_) return false;
  if (!early_answer_.empty() || described_) return false;
  const bool reliable = provisionals_.is_reliable();
  // Without reliable provisionals only an answer may come early, never an offer (13.2.1).
  if (!reliable && !agreement_) return false;
  const std::string body = description_for(*pending_->request, agreement_);
  if (!send_provisional(183, body)) return false;
  described_ = reliable;
  if (!reliable) {
    early_answer_ = body;
    exchange_.received();  // the answer proper is in the 2xx
  }
  if (exchange_.waits_for_answer()) return true;  // media open with the PRACK
  media_.open_or_change();
  s_.emit(call_early_media{info_.id, media_.id(), media_.format()});
  return true;
}

std::string call::description_for(const sip::message& invite,
                                  const std::optional<sdp::audio_agreement>& agreement) {
  if (agreement) {
    exchange_.settled();
    return media_.negotiation().answer(invite.body(), *agreement, media_.advertised(),
                                       allowed_direction());
  }
  exchange_.offered();
  return media_.negotiation().make_offer(media_.advertised(), wanted_direction());
}

bool call::has_accepted_safely(const answer_options& options) const {
  return std::all_of(options.headers.begin(), options.headers.end(), [](const auto& h) {
    return sip::is_safe_value(h.first) && sip::is_safe_value(h.second);
  });
}

bool call::answer(const answer_options& options) {
  if (phase_ != phase::inviting || !info_.inbound || answer_wish_) return false;
  if (!has_accepted_safely(options)) return false;
  if (provisionals_.holds_2xx()) {  // RFC 3262 section 3; after_prack() goes on
    answer_wish_ = options;
    return true;
  }
  std::string body = early_answer_;
  if (!early_answer_.empty()) exchange_.settled();
  // What a reliable provisional and its PRACK have settled is not said again.
  if (early_answer_.empty() && !described_) body = description_for(*pending_->request, agreement_);
  auto b = invite_response(200);
  s_.describe_us(b, local_);
  header_list headers = options.headers;
  timer_.answer(*pending_->request, headers, s_.now);
  for (const auto& [name, value] : headers) b.add(name, value);
  const sip::server_tx tx = pending_->tx;
  answer_invite_finally(200, b.finish(body.empty() ? "" : "application/sdp", body));
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
  provisionals_.stop();
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
  exchange_.invite_of_peer(false);
  const bool agreed = !exchange_.waits_for_answer() || take_answer_of(*ack.request);
  exchange_.settled();
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
    offer_if_due();
  }
}

/// 13.3.1.4: the dialog is confirmed all the same, so it is ended by BYE.
void call::no_ack_came() {
  const wish w = hang_up_wish_.value_or(wish{ended_by::timeout, "no_ack"});
  send_bye();
  finish(w.by, w.reason);
}

}  // namespace sipvoice::call
