// Requests inside a dialog (RFC 3261 sections 12.2.2, 14.2 and 15).
#include "sipvoice/call/call.hpp"
#include "sipvoice/call/next_hop.hpp"
#include "sipvoice/call/offer_check.hpp"
#include "sipvoice/call/out_of_dialog.hpp"
#include "sipvoice/call/reason.hpp"

#include <algorithm>

namespace sipvoice::call {

void call::receive_request(const sip::request_received& r) {
  const auto& number = r.request->cseq();
  dialog_requests* in = inside_ && inside_->dialog().matches(*r.request) ? inside_.get() : nullptr;
  // A fork that has not answered yet may change its early dialog, and do nothing else to the call.
  const bool early = in == nullptr && calling_;
  if (early) in = calling_->early.of_request(*r.request);
  if (in == nullptr || !number || (early && r.request->method() != sip::method::update)) {
    s_.refuse(r, 481);
    return;
  }
  if (!in->dialog().accept_cseq(number->number)) {
    s_.refuse(r, 500);
    return;
  }
  in->seen(r.from);
  if (!early && hand_over(r)) return;
  switch (r.request->method()) {
    case sip::method::bye:
      on_bye(r);
      return;
    case sip::method::invite:
      on_reinvite(r);
      return;
    case sip::method::update:
      on_update(r, *in);
      return;
    case sip::method::prack:
      on_prack(r);
      return;
    case sip::method::options:
      answer_options_request(s_, r);
      return;
    case sip::method::refer:
      on_refer(r);
      return;
    case sip::method::notify:
      on_notify(r);
      return;
    case sip::method::info:
    case sip::method::message:
      on_content(r);
      return;
    default:
      refuse_method(s_, r);
      return;
  }
}

void call::on_bye(const sip::request_received& r) {
  s_.refuse(r, 200);
  if (phase_ >= phase::closing) return;
  const remote_reason reason = reason_of(*r.request);
  end_.remote_reason = reason.text;
  end_.q850_cause = reason.q850;
  if (answering_.pending) {  // 15.1.2: an INVITE that is still pending gets 487
    answer_invite_finally(487, invite_response(487).finish());
    finish(ended_by::remote, "cancelled");
    return;
  }
  finish(ended_by::remote, "hangup");
}

void call::note_peer(const sip::message& m) {
  if (m.has(sip::header_id::allow)) peer_updates_ = m.lists(sip::header_id::allow, "UPDATE");
}

/// What a re-INVITE and an UPDATE have in common: whether the session may be changed as the request
/// asks. Nothing: it has been refused.
std::optional<offer_check> call::judge_change(const sip::request_received& r) {
  if (const auto least = timer_.too_small(*r.request)) {
    auto b = s_.reply(*r.request, 422, r.from, {});
    b.add(sip::header_id::min_se, std::uint64_t{*least});
    s_.agent.respond(r.tx, 422, b.finish(), s_.now);
    return std::nullopt;
  }
  offer_check checked =
      check_offer(*r.request, media_.negotiation(), sip::host_port(local_.address));
  if (checked.status == 0) return checked;
  s_.log(1, "call " + info_.session_id + ": " + std::string(r.request->method_name()) +
                " refused: " + checked.detail);  // the old media go on
  respond_refusal(s_, r, checked, {});
  return std::nullopt;
}

/// What a target refresh of the peer brings, and what its 2xx says of us.
void call::take_refresh(const sip::message& m, dialog_requests& in, sip::message_builder& b) {
  // A longer Contact counts; what else is counted stays as it is.
  const std::size_t before = kept_bytes(info_, in.dialog());
  in.dialog().refresh_target(m);
  const std::size_t with_both = share_ + kept_bytes(info_, in.dialog());
  if (info_.inbound) s_.call_bytes.set(share_, with_both - std::min(with_both, before));
  note_peer(m);
  s_.describe_us(b, local_);
  header_list headers;
  // The timer of a session begins with the 2xx to its INVITE (RFC 4028 section 7.2).
  if (phase_ >= phase::answered) timer_.answer(m, headers, s_.now);
  for (const auto& [name, value] : headers) b.add(name, value);
}

void call::accept_change(const sip::request_received& r, dialog_requests& in,
                         const std::string& body) {
  auto b = s_.reply(*r.request, 200, r.from, {});
  take_refresh(*r.request, in, b);
  s_.agent.respond(r.tx, 200, b.finish(body.empty() ? "" : "application/sdp", body), s_.now);
}

void call::on_reinvite(const sip::request_received& r) {
  if (phase_ >= phase::closing) {
    s_.refuse(r, 481);
    return;
  }
  if (const int status = exchange_.judge_invite(); status != 0) {
    s_.refuse_for_now(r, status);
    return;
  }
  const auto checked = judge_change(r);
  if (!checked) return;
  accept_change(r, *inside_, description_for(*r.request, checked->agreement));
  exchange_.invite_of_peer(true);  // until its ACK
  answering_.repetition.start(r.tx, s_.config.timers, s_.now);
  answering_.unacknowledged_cseq = *inside_->dialog().remote_cseq;
  if (checked->agreement) {
    media_.open_or_change();
    tell_hold();
  }
}

/// RFC 3311 section 5.2.
void call::on_update(const sip::request_received& r, dialog_requests& in) {
  if (phase_ >= phase::closing) {
    s_.refuse(r, 481);
    return;
  }
  const bool offers = !r.request->body().empty();
  int status = offers ? exchange_.judge_offer() : 0;
  // One fork's description is in force; another one's session is not there to be changed.
  if (offers && status == 0 && &in != inside_.get() &&
      in.dialog().remote_tag != calling_->early_tag) {
    status = 500;
  }
  if (status != 0) {
    s_.refuse_for_now(r, status);
    return;
  }
  const auto checked = judge_change(r);
  if (!checked) return;
  const bool agreed = checked->agreement.has_value();
  accept_change(r, in, agreed ? description_for(*r.request, checked->agreement) : std::string{});
  if (!agreed) return;
  media_.open_or_change();
  if (phase_ == phase::up) tell_hold();
}

/// RFC 3262 section 3. A body answers the offer of our provisional, or is an offer of its own.
void call::on_prack(const sip::request_received& r) {
  const auto which = sip::rack::parse(r.request->value(sip::header_id::rack));
  if (!which) {
    s_.refuse(r, 400);
    return;
  }
  if (!answering_.provisionals.take_prack(*which)) {
    s_.refuse(r, 481);
    return;
  }
  if (phase_ >= phase::closing) {  // it has crossed our refusal
    s_.refuse(r, 200);
    linger_until_ = s_.now;
    return;
  }
  if (exchange_.waits_for_answer() && phase_ == phase::inviting) {
    s_.refuse(r, 200);
    exchange_.settled();
    if (!take_answer_of(*r.request)) return refuse_invite(488, {}, "bad_answer");
    media_.open_or_change();
    s_.emit(call_early_media{info_.id, media_.id(), media_.format()});
    return after_prack();
  }
  if (r.request->body().empty()) {
    s_.refuse(r, 200);
    return after_prack();
  }
  if (const int status = exchange_.judge_offer(); status != 0) {
    s_.refuse_for_now(r, status);
    return after_prack();
  }
  if (const auto checked = judge_change(r)) {
    const bool agreed = checked->agreement.has_value();
    const std::string body = agreed ? description_for(*r.request, checked->agreement) : "";
    auto b = s_.reply(*r.request, 200, r.from, {});
    s_.agent.respond(r.tx, 200, b.finish(body.empty() ? "" : "application/sdp", body), s_.now);
    if (agreed) media_.open_or_change();
  }
  after_prack();
}

/// The answer that waited for a PRACK goes out.
void call::after_prack() {
  if (!answering_.wish || answering_.provisionals.holds_2xx()) return;
  const answer_options options = *std::exchange(answering_.wish, std::nullopt);
  answer(options);
}

/// `early`: what has happened in the dialog before it was confirmed; its CSeq numbers go on, its
/// route set is that of the 2xx (13.2.2.4).
void call::enter(sip::dialog dialog, const sip::hop& seen, std::unique_ptr<dialog_requests> early) {
  if (early) {
    early->confirm(std::move(dialog), seen);
    early->ask_for_names(true);
    inside_ = std::move(early);
  } else {
    inside_ = std::make_unique<dialog_requests>(s_, info_.id, local_, std::move(dialog), seen);
  }
  inside_->when_gone([this](int status) { dialog_gone(status); });
}

void call::send_bye() {
  if (!inside_) return;
  inside_->cancel_invites();
  inside_->send_bye(end_reason_);
}

/// 12.2.1.2: the peer no longer knows the dialog, or does not answer any more.
void call::dialog_gone(int status) {
  if (phase_ >= phase::closing) return;
  send_bye();
  if (status == 481) {
    finish(ended_by::remote, "dialog_gone");
  } else {
    finish(ended_by::timeout, "peer_gone");
  }
}

}  // namespace sipvoice::call
