// Being called: from an INVITE that passed the checks to its ACK (RFC 3261 section 13.3).
#include <algorithm>

#include "sipvoice/call/call.hpp"
#include "sipvoice/call/offer_check.hpp"
#include "sipvoice/call/reason.hpp"

namespace sipvoice::call {

void call::begin(const sip::request_received& invite, sip::dialog dialog,
                 std::optional<sdp::audio_agreement> agreement) {
  s_.call_bytes.set(share_, invite.request->bytes().size());
  answering_.unacknowledged_cseq = dialog.remote_cseq.value_or(0);
  enter(std::move(dialog), invite.from);
  for (const registered_peer& r : s_.registered) {  // its proxy may challenge our BYE
    const bool theirs =
        std::find(r.peers.begin(), r.peers.end(), invite.from.remote.ip) != r.peers.end();
    if (!theirs || r.accounts.empty()) continue;
    account_ = std::make_unique<authorization>(r.accounts, s_.random);
    account_->trust(r.peers);
    inside_->use(account_.get());
    break;
  }
  answering_.pending = answering_side::pending_invite{invite.tx, invite.request, invite.from};
  s_.index.by_server_tx[invite.tx] = info_.id;
  answering_.agreement = std::move(agreement);
  note_peer(*invite.request);
  exchange_.invite_of_peer(true);
  if (answering_.agreement) exchange_.received();
  const bool may = s_.config.reliable_provisionals == endpoint_config::rel100::when_supported &&
                   invite.request->lists(sip::header_id::supported, "100rel");
  answering_.provisionals.begin(invite.tx, answering_.unacknowledged_cseq,
                                may || invite.request->lists(sip::header_id::require, "100rel"));
  // Media may come from elsewhere than signalling; the port must reach them. On old-style hold, or
  // without an offer, the signalling peer is all that is known.
  const bool known = answering_.agreement && !answering_.agreement->remote_rtp.ip.is_unspecified();
  const ip_address& seen = invite.from.remote.ip;
  media_.request_port(known ? answering_.agreement->remote_rtp.ip.on_link_of(seen) : seen);
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
  if (other_family(taken)) return refuse_family();
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

/// The offer wants media where no port of ours can send: to an address of the other family, which
/// this host does not have, or the shell does not bind (RFC 3264 section 6: it is rejected).
bool call::other_family(bool port_taken) const {
  if (!answering_.agreement) return false;
  const ip_address& wanted = answering_.agreement->remote_rtp.ip;
  if (wanted.is_unspecified()) return false;
  const ip_address& ours = port_taken ? media_.local_rtp().ip : local_.address.ip;
  return wanted.is_v6() != ours.is_v6();
}

void call::refuse_family() {
  const bool v6 = answering_.agreement->remote_rtp.ip.is_v6();
  const offer_check why = refused_offer(
      {sdp::refusal::unusable_address, v6 ? "no media over IPv6" : "no media over IPv4"},
      sip::host_port(local_.address));
  auto b = invite_response(why.status);
  for (const auto& [id, value] : why.headers) b.add(id, value);
  answer_invite_finally(why.status, b.finish());
  finish_rejected(why.status, std::string(sip::standard_reason(why.status)), why.rule);
}

sip::message_builder call::invite_response(int status, std::string_view reason) const {
  return s_.reply(*answering_.pending->request, status, answering_.pending->from, local_tag_,
                  reason);
}

bool call::send_provisional(int status, const std::string& body, const header_list& headers) {
  auto b = invite_response(status);
  // An early dialog is a dialog: UPDATE and PRACK want to know (RFC 3311 5.1, RFC 3262 4).
  s_.describe_us(b, local_);
  for (const auto& [name, value] : headers) b.add(name, value);
  return answering_.provisionals.send(status, std::move(b), body);
}

bool call::ring(const header_list& headers) {
  if (phase_ != phase::inviting || !info_.inbound || answering_.wish) return false;
  if (!may_be_set(headers)) return false;
  std::string body = answering_.early_answer;
  // Without an offer in the INVITE the first reliable response has ours (RFC 3262 section 5).
  if (answering_.provisionals.is_reliable() && !answering_.agreement && !answering_.described)
    body = description_for(*answering_.pending->request, answering_.agreement);
  if (!send_provisional(180, body, headers)) return false;
  answering_.described =
      answering_.described || (answering_.provisionals.is_reliable() && !body.empty());
  if (!answering_.rung) s_.emit(call_ringing{info_.id, 180});
  answering_.rung = true;
  return true;
}

bool call::early_media(const header_list& headers) {
  if (phase_ != phase::inviting || !info_.inbound || answering_.wish) return false;
  if (!may_be_set(headers)) return false;
  if (!answering_.early_answer.empty() || answering_.described) return false;
  const bool reliable = answering_.provisionals.is_reliable();
  // Without reliable provisionals only an answer may come early, never an offer (13.2.1).
  if (!reliable && !answering_.agreement) return false;
  const std::string body = description_for(*answering_.pending->request, answering_.agreement);
  if (!send_provisional(183, body, headers)) return false;
  answering_.described = reliable;
  if (!reliable) {
    answering_.early_answer = body;
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

bool call::answer(const answer_options& options) {
  if (phase_ != phase::inviting || !info_.inbound || answering_.wish) return false;
  if (!may_be_set(options.headers)) return false;
  if (options.codecs) {
    if (answering_.described || !answering_.early_answer.empty()) return false;
    if (!media_.use_codecs(*options.codecs)) return false;
    if (answering_.agreement && !agree_again()) return true;
  }
  if (answering_.provisionals.holds_2xx()) {  // RFC 3262 section 3; after_prack() goes on
    answering_.wish = options;
    return true;
  }
  std::string body = answering_.early_answer;
  if (!answering_.early_answer.empty()) exchange_.settled();
  // What a reliable provisional and its PRACK have settled is not said again.
  if (answering_.early_answer.empty() && !answering_.described)
    body = description_for(*answering_.pending->request, answering_.agreement);
  auto b = invite_response(200);
  s_.describe_us(b, local_);
  header_list headers = options.headers;
  timer_.answer(*answering_.pending->request, headers, s_.now);
  for (const auto& [name, value] : headers) b.add(name, value);
  const sip::server_tx tx = answering_.pending->tx;
  answer_invite_finally(200, b.finish(body.empty() ? "" : "application/sdp", body));
  answering_.repetition.start(tx, s_.config.timers, s_.now);
  phase_ = phase::answered;
  answering_.early_answer = {};
  answering_.agreement.reset();
  return true;
}

/// The offer of the INVITE once more, by the codecs of this answer. False: it has been refused.
bool call::agree_again() {
  offer_check checked = check_offer(*answering_.pending->request, media_.negotiation(),
                                    sip::host_port(local_.address));
  if (checked.status == 0) {
    answering_.agreement = std::move(checked.agreement);
    return true;
  }
  header_list headers;
  for (const auto& [name, value] : checked.headers)
    headers.emplace_back(std::string(sip::name_of(name)), value);
  s_.log(1, "call " + info_.session_id + ": refused with " + std::to_string(checked.status) + ": " +
                checked.detail);
  refuse_invite(checked.status, {}, checked.rule, {}, headers);
  return false;
}

void call::answer_invite_finally(int status, std::string bytes) {
  s_.agent.respond(answering_.pending->tx, status, std::move(bytes), s_.now);
  s_.index.by_server_tx.erase(answering_.pending->tx);
  answering_.pending.reset();
  answering_.provisionals.stop();
}

void call::refuse_invite(int status, std::string_view reason, const std::string& rule,
                         const std::string& contact, const header_list& headers) {
  auto b = invite_response(status, reason);
  const bool says_when = std::any_of(headers.begin(), headers.end(), [](const auto& h) {
    return sip::header_of(h.first) == sip::header_id::retry_after;
  });
  if (status == 503 && !says_when) b.add(sip::header_id::retry_after, limits::retry_after_s);
  if (!contact.empty()) b.add(sip::header_id::contact, contact);
  if (!end_reason_.empty()) b.add(sip::header_id::reason, end_reason_);  // RFC 6432
  for (const auto& [name, value] : headers) b.add(name, value);
  answer_invite_finally(status, b.finish());
  finish_rejected(status, std::string(reason.empty() ? sip::standard_reason(status) : reason),
                  rule);
}

bool call::reject(int status, std::string reason, std::string rule, const header_list& headers) {
  if (phase_ != phase::inviting || !info_.inbound || status < 300 || status > 699) return false;
  if (!may_be_set(headers)) return false;
  if (!sip::is_safe_value(reason)) reason.clear();
  refuse_invite(status, reason, rule, {}, headers);
  return true;
}

/// 21.3.2, 21.3.3.
bool call::redirect(const std::string& target, std::string rule, int status) {
  if (phase_ != phase::inviting || !info_.inbound || !sip::uri::parse(target)) return false;
  if (status != 301 && status != 302) return false;
  refuse_invite(status, {}, rule, "<" + target + ">");
  return true;
}

void call::receive_cancel(const sip::cancelled& c) {
  if (!answering_.pending || answering_.pending->tx != c.invite) return;
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
  const auto& number = ack.request->cseq();
  if (!answering_.repetition.waiting() || !inside_ || !inside_->dialog().matches(*ack.request) ||
      !number || number->number != answering_.unacknowledged_cseq) {
    return;  // a copy, or of an INVITE that is settled
  }
  answering_.repetition.stop();
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
