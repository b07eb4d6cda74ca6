// Requests inside a dialog, both ways (RFC 3261 sections 12.2, 14.2 and 15).
#include "sipvoice/call/call.hpp"
#include "sipvoice/call/next_hop.hpp"
#include "sipvoice/call/offer_check.hpp"
#include "sipvoice/call/out_of_dialog.hpp"
#include "sipvoice/call/reason.hpp"

#include <algorithm>

namespace sipvoice::call {

void call::receive_request(const sip::request_received& r) {
  const auto number = r.request->cseq();
  if (!dialog_ || !dialog_->matches(*r.request) || !number) {
    s_.refuse(r, 481);
    return;
  }
  if (!dialog_->accept_cseq(number->number)) {
    s_.refuse(r, 500);
    return;
  }
  observed_ = r.from;
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
  dialog_->refresh_target(*r.request);
  const std::string body = description_for(*r.request, checked.agreement);
  auto b = s_.reply(*r.request, 200, r.from, {});
  b.add(sip::header_id::contact, local_.contact());
  b.add(sip::header_id::allow, allowed_methods());
  s_.agent.respond(r.tx, 200, b.finish("application/sdp", body), s_.now);
  repetition_.start(r.tx, s_.config.timers, s_.now);
  unacknowledged_cseq_ = *dialog_->remote_cseq;
  if (checked.agreement) {
    media_.open_or_change();
    tell_hold();
  }
}

void call::send_bye() {
  if (!dialog_) return;
  const std::string branch = s_.agent.new_branch();
  auto b = dialog_->request(sip::method::bye, ++dialog_->local_cseq, branch, local_.transport,
                            local_.address);
  if (!s_.config.user_agent.empty()) b.add(sip::header_id::user_agent, s_.config.user_agent);
  send_in_dialog({sip::method::bye, branch, b.finish()});
}

void call::send_in_dialog(prepared_request p) {
  if (locate_remote()) {
    dispatch(std::move(p));
  } else if (waiting_.size() < limits::max_waiting_requests) {
    waiting_.push_back(std::move(p));
  }
}

void call::dispatch(prepared_request p) {
  const sip::hop to{local_.flow, local_.transport, *located_};
  if (p.method == sip::method::ack) {
    s_.agent.send_ack(std::move(p.bytes), to);
    return;
  }
  const sip::client_tx tx =
      s_.agent.send_request(p.method, std::move(p.branch), std::move(p.bytes), to, s_.now);
  own_requests_.push_back(tx);
  ++s_.unanswered;
  s_.index.by_client_tx[tx] = info_.id;
}

/// True when it is known where requests go; else the shell has been asked for the name.
bool call::locate_remote() {
  const std::string uri = dialog_->target().next_hop;
  if (uri == located_for_ && (located_ || resolving_ > 0)) return located_.has_value();
  located_for_ = uri;
  located_.reset();
  const next_hop hop = next_hop_of(uri);
  if (!hop.address && !hop.host.empty()) {
    ++resolving_;
    s_.out.emplace_back(resolve_host{info_.id, hop.host, hop.port});
    return false;
  }
  use_remote(hop.address);
  return true;
}

/// Chooses between what the dialog says and where the peer was seen.
void call::use_remote(const std::optional<socket_address>& found) {
  const bool usable =
      found && can_be_peer(*found) && found->ip.is_v6() == local_.address.ip.is_v6();
  if (!usable) {
    s_.log(1, "call " + info_.session_id + ": " + located_for_ +
                  " cannot be reached; requests go to where the peer was seen, " +
                  observed_.remote.to_string());
    located_ = observed_.remote;
    return;
  }
  const bool behind_nat = s_.config.nat_contact && dialog_->route_set.empty() &&
                          found->ip.is_private() && found->ip != observed_.remote.ip;
  if (!behind_nat) {
    located_ = *found;
    return;
  }
  if (!nat_logged_) {
    s_.log(1, "call " + info_.session_id + ": Contact " + found->to_string() +
                  " is private; requests go to where the peer was seen, " +
                  observed_.remote.to_string());
  }
  nat_logged_ = true;
  located_ = observed_.remote;
}

void call::resolved(const std::vector<socket_address>& addresses) {
  if (phase_ == phase::preparing && calling_ && !calling_->peer) {
    const auto usable = std::find_if(
        addresses.begin(), addresses.end(),
        [&](const socket_address& a) { return can_be_peer(a) && s_.listener_toward(a.ip); });
    if (usable == addresses.end()) {
      fail_dial("unresolvable");
    } else {
      prepare_media(*usable);
    }
    return;
  }
  // Only the name that was asked for last counts: the target may have been refreshed meanwhile.
  if (resolving_ == 0 || --resolving_ > 0) return;
  const auto match = std::find_if(addresses.begin(), addresses.end(), [&](const socket_address& a) {
    return a.ip.is_v6() == local_.address.ip.is_v6();
  });
  if (!located_) use_remote(match == addresses.end() ? std::nullopt : std::optional(*match));
  for (prepared_request& p : std::exchange(waiting_, {})) dispatch(std::move(p));
}

}  // namespace sipvoice::call
