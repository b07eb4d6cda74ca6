#include "sipvoice/call/call.hpp"

#include <algorithm>

#include "sipvoice/base/text.hpp"
#include "sipvoice/call/reason.hpp"

namespace sipvoice::call {

call::call(services& s, call_info info, local_side local, std::string local_tag)
    : s_(s),
      info_(std::move(info)),
      local_(local),
      local_tag_(std::move(local_tag)),
      media_(s, info_.id),
      answering_(s),
      referrer_(info_.referrer),
      held_requests_(s, info_.id),
      timer_(s.config.session_expires, s.config.min_se) {
  s_.index.by_local_tag[local_tag_] = info_.id;
  s_.index.by_session_id[info_.session_id] = info_.id;
  ++s_.sessions;
  ++s_.untold;
}

call::~call() {
  s_.call_bytes.set(share_, 0);
  s_.index.by_local_tag.erase(local_tag_);
  if (calling_) s_.index.by_client_tx.erase(calling_->invite);
}

void call::handle(const media::media_event& event) {
  if (event.id != media_.id()) return;
  if (const auto* closed = std::get_if<media::media_closed>(&event.body)) {
    media_.closed(closed->statistics);
    tell_end_when_idle();
    return;
  }
  if (std::holds_alternative<media::media_failed>(event.body)) {
    if (phase_ == phase::answered) {  // opened early; the BYE has to wait for the ACK
      if (!hang_up_wish_) hang_up_wish_ = wish{ended_by::error, "media_failed"};
      return;
    }
    if (phase_ == phase::up)
      send_bye();
    else if (phase_ < phase::up)
      std::ignore = hang_up("media_failed", {});
    return finish(ended_by::error, "media_failed");
  }
  const auto* timeout = std::get_if<media::media_timed_out>(&event.body);
  if (timeout == nullptr || phase_ != phase::up || held_) return;
  send_bye();
  finish(ended_by::timeout, timeout->never_started ? "rtp_never" : "rtp_timeout");
}

bool call::hang_up(std::string reason, const end_cause& cause) {
  if (end_reason_.empty()) end_reason_ = reason_header(cause);
  switch (phase_) {
    case phase::preparing:
      if (info_.inbound) {
        refuse_invite(480, {}, reason);
      } else {
        std::ignore = tell_outgoing();
        finish(ended_by::local, std::move(reason));
      }
      return true;
    case phase::inviting:
      if (info_.inbound) {
        refuse_invite(480, {}, reason);
        return true;
      }
      return give_up({ended_by::local, std::move(reason)});
    case phase::answered:  // RFC 3261 section 15: not before the ACK or 64*T1
      if (hang_up_wish_) return false;
      hang_up_wish_ = wish{ended_by::local, std::move(reason)};
      return true;
    case phase::up:
      send_bye();
      finish(ended_by::local, std::move(reason));
      return true;
    case phase::closing:
    case phase::over:
      return false;
  }
  return false;
}

void call::stop_waiting() {
  if (phase_ != phase::answered) return;
  const wish w = hang_up_wish_.value_or(wish{ended_by::local, "shutdown"});
  finish(w.by, w.reason);
}

void call::become_up() {
  phase_ = phase::up;
  answer_by_ = never;
  end_.answered_at = s_.now;
  tell_referrer(200, "OK");
  // Headers serve routing and refusals, which are behind us: a long call need not keep them.
  // What the session keeps of them are X-headers.
  if (info_.inbound) s_.call_bytes.set(share_, kept_bytes(info_, inside_->dialog()));
  info_.headers.clear();
  info_.x_headers.clear();
  media_.open_or_change();
  s_.emit(call_answered{info_.id, 200, media_.id(), media_.format(), media_.local_rtp(),
                        media_.remote_rtp()});
  tell_hold();
  offer_if_due();
}

void call::tell_hold() {
  if (media_.remote_holds() == held_) return;
  held_ = !held_;
  s_.emit(call_held{info_.id, held_});
}

void call::finish(ended_by by, std::string reason) {
  if (phase_ >= phase::closing) return;
  end_.by = by;
  end_.reason = std::move(reason);
  tell_referrer_of_end();
  begin_closing();
}

void call::finish_rejected(int status, std::string reason, std::string rule) {
  if (phase_ >= phase::closing) return;
  tell_referrer(status, reason);
  rejection_ = call_rejected{info_, status, std::move(reason), std::move(rule)};
  begin_closing();
}

/// The dialog is over. Its session id and its place are free from here on, so that a peer that
/// calls again at once is not told "in use" or "full" while media are being closed.
void call::begin_closing() {
  if (transfer_out_) transfer_out_->dialog_ended();
  if (transfer_in_) transfer_in_->dialog_ended();
  // A provisional has stopped the timer of a re-INVITE, and its final response may never come.
  if (inside_) inside_->cancel_invites();
  // Refused before its reliable provisional was acknowledged: the PRACK may be on its way.
  if (phase_ == phase::inviting && answering_.provisionals.waits_for_prack())
    linger_until_ = s_.now + 64 * s_.config.timers.t1;
  held_requests_.end_all(487);  // 15.1.2
  phase_ = phase::closing;
  end_.id = info_.id;
  end_.ended_at = s_.now;
  answering_.repetition.stop();
  answering_.provisionals.stop();
  change_.schedule.stop();
  timer_.stop();
  change_.by = never;
  answer_by_ = never;
  hang_up_wish_.reset();
  if (answering_.pending) s_.index.by_server_tx.erase(answering_.pending->tx);
  answering_.pending.reset();
  s_.index.by_session_id.erase(info_.session_id);
  --s_.sessions;
  media_.close();
  tell_end_when_idle();
}

void call::tell_end_when_idle() {
  if (phase_ != phase::closing || !media_.is_idle()) return;
  phase_ = phase::over;
  --s_.untold;
  if (rejection_) {
    ++s_.rejected;
    s_.emit(std::move(*rejection_));
    return;
  }
  end_.media = media_.statistics();
  if (end_.media) end_.codec = media_.format().send.codec;
  s_.emit(std::move(end_));
}

bool call::removable() const {
  const auto idle = [](const auto& requests) { return requests->is_idle(); };
  if (phase_ != phase::over || s_.now < linger_until_) return false;
  if (inside_ && !inside_->is_idle()) return false;
  return !calling_ ||
         (!calling_->pending && std::all_of(calling_->forks.begin(), calling_->forks.end(), idle));
}

/// Not while a 2xx of ours waits for its ACK: no BYE may go out before (RFC 3261 section 15), and
/// what ends the call then is that none came.
bool call::session_timer_counts() const { return !answering_.repetition.waiting(); }

time_point call::next_deadline() const {
  const time_point linger = phase_ == phase::over && linger_until_ > s_.now ? linger_until_ : never;
  const time_point sent_away = transfer_out_ ? transfer_out_->next_deadline() : never;
  const time_point sent_here = transfer_in_ ? transfer_in_->next_deadline() : never;
  return std::min({answering_.repetition.next_deadline(), answering_.provisionals.next_deadline(),
                   answer_by_, linger, change_.schedule.next_deadline(),
                   session_timer_counts() ? timer_.next_deadline() : never, change_.by, sent_away,
                   sent_here, held_requests_.next_deadline()});
}

void call::handle_timeout() {
  switch (answering_.repetition.due(s_.now)) {
    case answer_2xx::action::repeat:
      s_.agent.repeat_2xx(answering_.repetition.tx());
      break;
    case answer_2xx::action::give_up:
      no_ack_came();
      break;
    case answer_2xx::action::nothing:
      break;
  }
  if (answering_.provisionals.handle_timeout() == provisional_sender::action::give_up &&
      answering_.pending)
    refuse_invite(500, {}, "no_prack");  // RFC 3262 section 3: a 5xx
  if (transfer_out_) transfer_out_->handle_timeout();
  if (transfer_in_) transfer_in_->handle_timeout();
  held_requests_.handle_timeout();
  if (s_.now >= answer_by_) {
    answer_by_ = never;
    std::ignore = give_up({ended_by::timeout, "no_answer"});
  }
  if (s_.now >= change_.by) {
    change_.by = never;
    if (inside_) inside_->cancel(change_.request);
  }
  change_.schedule.handle_timeout(s_.now);
  offer_if_due();
  if (!session_timer_counts()) return;
  switch (timer_.due(s_.now)) {
    case session_timer::action::refresh:
      refresh_session();
      break;
    case session_timer::action::expire:
      send_bye();
      finish(ended_by::timeout, "session_expired");
      break;
    case session_timer::action::nothing:
      break;
  }
}

std::size_t kept_bytes(const call_info& info, const sip::dialog& dialog) {
  std::size_t bytes = 0;
  for (const std::string* s :
       {&info.session_id, &info.sip_call_id, &info.room_id, &info.participant_id, &info.from_uri,
        &info.to_uri, &info.from_display, &info.request_uri, &dialog.call_id, &dialog.remote_tag,
        &dialog.local, &dialog.remote, &dialog.remote_target})
    bytes += s->size();
  for (const std::string& route : dialog.route_set) bytes += route.size();
  for (const auto& [name, value] : info.x_headers) bytes += name.size() + value.size();
  return bytes;
}

call_info info_of(const sip::message& invite, call_id id, const sip::hop& from) {
  call_info info;
  info.id = id;
  info.sip_call_id = invite.call_id();
  info.request_uri = invite.request_uri();
  info.remote_signalling = from.remote;
  const auto uri_of = [](const sip::name_addr& a) {
    return a.address.is_sip() ? a.address.without_params() : std::string(a.uri_text);
  };
  if (const auto& caller = invite.from()) {
    info.from_uri = uri_of(*caller);
    info.from_display = caller->display_text();
  }
  if (const auto& callee = invite.to()) info.to_uri = uri_of(*callee);

  info.headers.reserve(invite.fields().size());
  for (const sip::message::field& f : invite.fields()) {
    const std::string_view name = invite.name(f);
    if (name.size() >= 2 && to_lower(name[0]) == 'x' && name[1] == '-') {
      info.x_headers.emplace_back(name, invite.value(f));
    } else {
      // Routes name headers in full, so compact forms are written out.
      const bool compact = name.size() == 1 && f.id != sip::header_id::other;
      info.headers.emplace_back(compact ? sip::name_of(f.id) : name, invite.value(f));
    }
  }
  const std::string_view session = invite.value("X-Session-ID");
  const std::string_view room = invite.value("X-Room-ID");
  info.session_id = session.empty() ? info.sip_call_id : std::string(session);
  info.participant_id = session.empty() ? info.from_uri : std::string(session);
  info.room_id = room.empty() ? info.sip_call_id : std::string(room);
  return info;
}

}  // namespace sipvoice::call
