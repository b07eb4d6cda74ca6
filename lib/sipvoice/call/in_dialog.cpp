// Requests inside a dialog (RFC 3261 sections 12.2.2, 14.2 and 15).
#include "sipvoice/call/call.hpp"
#include "sipvoice/call/next_hop.hpp"
#include "sipvoice/call/offer_check.hpp"
#include "sipvoice/call/out_of_dialog.hpp"
#include "sipvoice/call/reason.hpp"

#include <algorithm>

namespace sipvoice::call {

void call::receive_request(const sip::request_received& r) {
  const auto number = r.request->cseq();
  if (!inside_ || !inside_->dialog().matches(*r.request) || !number) {
    s_.refuse(r, 481);
    return;
  }
  if (!inside_->dialog().accept_cseq(number->number)) {
    s_.refuse(r, 500);
    return;
  }
  inside_->seen(r.from);
  switch (r.request->method()) {
    case sip::method::bye:
      on_bye(r);
      return;
    case sip::method::invite:
      on_reinvite(r);
      return;
    case sip::method::options:
      answer_options_request(s_, r);
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
  if (pending_) {  // 15.1.2: an INVITE that is still pending gets 487
    answer_invite_finally(487, invite_response(487).finish());
    finish(ended_by::remote, "cancelled");
    return;
  }
  finish(ended_by::remote, "hangup");
}

void call::on_reinvite(const sip::request_received& r) {
  if (phase_ >= phase::closing) {
    s_.refuse(r, 481);
    return;
  }
  if (offer_outstanding_) {  // 14.2: an offer of ours waits for its answer
    s_.refuse(r, 491);
    return;
  }
  if (phase_ != phase::up || repetition_.waiting()) {  // 14.2: the one before is not settled
    auto b = s_.reply(*r.request, 500, r.from, {});
    b.add(sip::header_id::retry_after, s_.random.below(11));
    s_.agent.respond(r.tx, 500, b.finish(), s_.now);
    return;
  }
  const offer_check checked =
      check_offer(*r.request, media_.negotiation(), sip::host_port(local_.address));
  if (checked.status != 0) {  // the old media go on
    s_.log(1, "call " + info_.session_id + ": re-INVITE refused: " + checked.detail);
    respond_refusal(s_, r, checked, {});
    return;
  }
  inside_->dialog().refresh_target(*r.request);
  const std::string body = description_for(*r.request, checked.agreement);
  auto b = s_.reply(*r.request, 200, r.from, {});
  b.add(sip::header_id::contact, local_.contact());
  b.add(sip::header_id::allow, allowed_methods());
  s_.agent.respond(r.tx, 200, b.finish("application/sdp", body), s_.now);
  repetition_.start(r.tx, s_.config.timers, s_.now);
  unacknowledged_cseq_ = *inside_->dialog().remote_cseq;
  if (checked.agreement) {
    media_.open_or_change();
    tell_hold();
  }
}

void call::enter(sip::dialog dialog, const sip::hop& seen) {
  inside_ = std::make_unique<dialog_requests>(s_, info_.id, local_, std::move(dialog), seen);
  inside_->when_gone([this](int status) { dialog_gone(status); });
}

void call::send_bye() {
  if (!inside_) return;
  inside_->cancel_invites();
  inside_->send_bye();
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

void call::resolved(const std::vector<socket_address>& addresses) {
  if (calling_ && calling_->wants_address) {
    target_resolved(addresses);
  } else if (inside_) {
    inside_->resolved(addresses);
  }
}

}  // namespace sipvoice::call
