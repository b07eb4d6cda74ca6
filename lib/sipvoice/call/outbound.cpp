// Calling: from dial() to the answer or the refusal (RFC 3261 sections 9.1 and 13.2).
#include <algorithm>

#include "sipvoice/base/text.hpp"
#include "sipvoice/call/call.hpp"
#include "sipvoice/call/next_hop.hpp"
#include "sipvoice/call/offer_check.hpp"

namespace sipvoice::call {
namespace {

/// Headers that we write ourselves: one more of them would make the message ambiguous.
bool is_ours(std::string_view name) {
  switch (sip::header_of(name)) {
    case sip::header_id::via:
    case sip::header_id::from:
    case sip::header_id::to:
    case sip::header_id::call_id:
    case sip::header_id::cseq:
    case sip::header_id::contact:
    case sip::header_id::max_forwards:
    case sip::header_id::content_length:
    case sip::header_id::content_type:
      return true;
    default:
      return false;
  }
}

bool goes_over_udp(const sip::uri& u) {
  const auto transport = u.param("transport");
  return !u.is_sips() && (!transport || iequals(*transport, "udp"));
}

}  // namespace

void call::dial(const dial_request& request) {
  calling_ = std::make_unique<calling_side>();
  calling_->request = request;
  const auto target = sip::uri::parse(request.target);
  const auto from = sip::uri::parse(request.from);
  if (!target || !target->is_sip()) return fail_dial("bad_target");
  if (!request.from.empty() && (!from || !from->is_sip())) return fail_dial("bad_from");
  const std::string& first = request.proxy ? *request.proxy : request.target;
  const auto first_uri = sip::uri::parse(first);
  if (!first_uri || !first_uri->is_sip()) return fail_dial("bad_proxy");
  if (!goes_over_udp(*first_uri)) return fail_dial("unsupported_transport");
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name) || !sip::is_safe_value(value) || is_ours(name)) {
      s_.log(2, "header " + printable(name) + " cannot be set");
      return fail_dial("bad_header");
    }
  }
  const next_hop hop = next_hop_of(first);
  if (hop.address) return prepare_media(*hop.address);
  if (hop.host.empty()) return fail_dial("bad_target");
  s_.out.emplace_back(resolve_host{info_.id, hop.host, hop.port});
}

/// Even a call that never got out has a beginning and an end.
void call::fail_dial(std::string reason) {
  std::ignore = tell_outgoing();
  finish(ended_by::error, std::move(reason));
}

bool call::tell_outgoing() {
  if (told_) return false;
  told_ = true;
  ++s_.calls_out;
  s_.emit(call_outgoing{info_});
  return true;
}

void call::prepare_media(const socket_address& peer) {
  const listener* way = can_be_peer(peer) ? s_.listener_toward(peer.ip) : nullptr;
  const auto side = way == nullptr ? std::nullopt : s_.side_toward(*way, peer.ip);
  if (!side) return fail_dial("unreachable");
  calling_->peer = peer;
  local_ = *side;
  info_.remote_signalling = peer;
  media_.request_port(peer.ip);
}

void call::send_invite() {
  const dial_request& request = calling_->request;
  const auto target = sip::uri::parse(request.target);
  std::string from = request.from;
  if (from.empty()) from = "sip:sipvoice@" + sip::host_port({local_.address.ip, 0});
  info_.from_uri = sip::uri::parse(from)->without_params();
  if (info_.participant_id.empty()) info_.participant_id = info_.from_uri;

  const std::string branch = s_.agent.new_branch();
  // A Request-URI has no headers (19.1.1).
  const std::string_view request_uri = target->text.substr(0, target->text.find('?'));
  auto b = sip::message_builder::request("INVITE", request_uri);
  b.add(sip::header_id::via, sip::via_value(local_.transport, local_.address, branch));
  b.add(sip::header_id::max_forwards, std::uint64_t{70});
  if (request.proxy) {
    const bool loose = sip::uri::parse(*request.proxy)->param("lr").has_value();
    b.add(sip::header_id::route, "<" + *request.proxy + (loose ? ">" : ";lr>"));
  }
  b.add(sip::header_id::from, "<" + from + ">;tag=" + local_tag_);
  b.add(sip::header_id::to, "<" + std::string(request_uri) + ">");
  b.add(sip::header_id::call_id, info_.sip_call_id);
  b.add(sip::header_id::cseq, "1 INVITE");
  b.add(sip::header_id::contact, local_.contact());
  b.add(sip::header_id::allow, allowed_methods());
  if (!s_.config.user_agent.empty()) b.add(sip::header_id::user_agent, s_.config.user_agent);
  for (const auto& [name, value] : request.headers) b.add(name, value);
  std::string bytes =
      b.finish("application/sdp", media_.negotiation().make_offer(media_.advertised()));

  phase_ = phase::inviting;
  const sip::hop to{local_.flow, local_.transport, *calling_->peer};
  calling_->invite =
      s_.agent.send_request(sip::method::invite, branch, std::move(bytes), to, s_.now);
  calling_->sent = true;
  s_.index.by_client_tx[calling_->invite] = info_.id;
  if (request.answer_timeout > duration::zero()) answer_by_ = s_.now + request.answer_timeout;
  std::ignore = tell_outgoing();
}

void call::receive_response(const sip::response_received& r) {
  const int status = r.response->status();
  if (calling_ && calling_->sent && r.tx == calling_->invite) {
    if (status < 200) {
      on_provisional(*r.response);
    } else if (status < 300) {
      on_2xx(*r.response, r.from);
    } else {
      on_refusal(*r.response);
    }
    return;
  }
  if (inside_ && inside_->receive_response(r)) return;
  if (!calling_) return;
  for (const auto& fork : calling_->forks)
    if (fork->receive_response(r)) return;
}

void call::request_timed_out(sip::client_tx tx) {
  if (calling_ && calling_->sent && tx == calling_->invite) {
    if (phase_ != phase::inviting) return;
    const wish w = hang_up_wish_.value_or(wish{ended_by::timeout, "no_response"});
    finish(w.by, w.reason);
    return;
  }
  if (inside_ && inside_->request_timed_out(tx)) return;
  if (!calling_) return;
  for (const auto& fork : calling_->forks)
    if (fork->request_timed_out(tx)) return;
}

void call::on_provisional(const sip::message& response) {
  if (phase_ != phase::inviting) return;
  const int status = response.status();
  const bool news = status > 100 && status != calling_->last_provisional;
  calling_->last_provisional = std::max(status, 100);
  cancel_when_allowed();
  if (hang_up_wish_) return;
  if (news) s_.emit(call_ringing{info_.id, status});

  const auto to = response.to();
  if (!calling_->early_tag.empty() || !to || to->tag().empty() || !has_sdp(response)) return;
  // Unreliable, so it may come again; the answer proper is in the 2xx (13.2.1).
  if (!media_.negotiation().take_answer(response.body())) return;
  calling_->early_tag = to->tag();
  media_.open_or_change();
  s_.emit(call_early_media{info_.id, media_.id(), media_.format()});
}

/// 9.1: not before a provisional has come; a final response may come instead.
void call::cancel_when_allowed() {
  if (!hang_up_wish_ || calling_->cancel_sent || calling_->last_provisional == 0) return;
  calling_->cancel_sent = true;
  answer_by_ = never;
  s_.agent.send_cancel(calling_->invite, s_.now);
}

void call::on_refusal(const sip::message& response) {
  if (phase_ != phase::inviting) return;
  if (hang_up_wish_) {
    const wish w = *hang_up_wish_;
    finish(w.by, w.reason);
    return;
  }
  finish_rejected(response.status(), std::string(response.reason_phrase()), "remote");
}

void call::on_2xx(const sip::message& response, const sip::hop& from) {
  auto answered = sip::dialog::of_response(response, calling_->request.target);
  if (!answered) {
    s_.log(1, "call " + info_.session_id + ": unusable 2xx: " + answered.error().what);
    if (phase_ == phase::inviting) finish(ended_by::error, "bad_answer");
    return;
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
  enter(std::move(*answered), from);
  linger_until_ = s_.now + 64 * s_.config.timers.t1;
  inside_->acknowledge(calling_->invite, 1);
  if (late) {
    send_bye();
    return;
  }
  if (hang_up_wish_) {  // the CANCEL came too late
    const wish w = *hang_up_wish_;
    send_bye();
    finish(w.by, w.reason);
    return;
  }
  const bool told_early = !calling_->early_tag.empty() &&
                          calling_->early_tag == inside_->dialog().remote_tag &&
                          response.body().empty();
  if (!told_early && !take_answer_of(response)) {
    send_bye();
    finish(ended_by::error, "bad_answer");
    return;
  }
  become_up();
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
  calling_->forks.push_back(
      std::make_unique<dialog_requests>(s_, info_.id, local_, std::move(fork_dialog), from));
  dialog_requests& fork = *calling_->forks.back();
  fork.ask_for_names(false);
  fork.acknowledge(calling_->invite, 1);
  fork.send_bye();
}

}  // namespace sipvoice::call
