// Changes of the session that we ask for: hold, resume, other codecs and directions, and session
// refreshes (RFC 3261 section 14.1, RFC 3264 section 8, RFC 3311 section 5.1, RFC 4028 section 7).
#include "sipvoice/call/call.hpp"
#include "sipvoice/call/offer_check.hpp"
#include "sipvoice/sip/retry_after.hpp"

namespace sipvoice::call {

bool call::hold(bool on) {
  if ((phase_ != phase::up && phase_ != phase::answered) || hang_up_wish_) return false;
  if (change_.wanted.hold == on) return false;
  change_.wanted.hold = on;
  change_.schedule.want();
  offer_if_due();
  return true;
}

bool call::modify(const media_modification& change) {
  const bool early =
      phase_ == phase::inviting && info_.inbound && answering_.described && peer_updates_;
  if ((phase_ != phase::up && phase_ != phase::answered && !early) || hang_up_wish_) return false;
  if (!may_be_set(change.headers)) return false;
  if (change.ptime && !sdp::is_packet_time(to_ms(*change.ptime))) return false;
  if (change.codecs && !media_.use_codecs(*change.codecs)) return false;
  if (change.ptime)
    media_.negotiation().set_ptime(static_cast<std::uint32_t>(to_ms(*change.ptime)));
  if (!change.headers.empty()) change_.wanted.headers = change.headers;
  if (change.direction) change_.wanted.direction = *change.direction;
  change_.wanted.late_offer = change.late_offer && !early;
  change_.schedule.want();
  offer_if_due();
  return true;
}

/// What our side lets happen: on hold we send, and hear nothing. An answer is this and what the
/// offer allows.
sdp::direction call::allowed_direction() const {
  return change_.wanted.hold ? sdp::both_allow(change_.wanted.direction, sdp::direction::send_only)
                             : change_.wanted.direction;
}

/// Of an offer: where the peer holds too, neither side does anything.
sdp::direction call::wanted_direction() const {
  return change_.wanted.hold && media_.remote_holds() ? sdp::direction::inactive
                                                      : allowed_direction();
}

void call::offer_if_due() {
  if (!change_.schedule.is_ready() || !inside_ || hang_up_wish_) return;
  const bool may = phase_ == phase::up ? exchange_.may_invite() && !answering_.repetition.waiting()
                   : phase_ == phase::inviting
                       ? exchange_.may_update() && !answering_.provisionals.holds_2xx()
                       : false;
  if (may) send_offer();
}

void call::send_offer() {
  const media_wish sent = change_.wanted;
  dialog_request r;
  r.method = phase_ == phase::up ? sip::method::invite : sip::method::update;
  r.headers = {{"Allow", allowed_methods()}, {"Supported", supported_extensions()}};
  timer_.add_to_request(r.headers);
  r.headers.insert(r.headers.end(), sent.headers.begin(), sent.headers.end());
  if (!sent.late_offer) {
    r.body = media_.negotiation().make_offer(media_.advertised(), wanted_direction());
    r.content_type = "application/sdp";
    exchange_.offered();
  }
  exchange_.invite_of_ours(r.method == sip::method::invite);
  r.done = [this, sent](const request_outcome& o) { offer_done(o, sent); };
  change_.schedule.sent();
  change_.wanted.late_offer = false;
  change_.wanted.headers.clear();
  change_.by = s_.now + limits::reinvite_patience;
  change_.request = inside_->send(std::move(r));
  if (change_.request != request_id::none) return;
  exchange_.invite_of_ours(false);
  exchange_.settled();
  change_.by = never;
  if (!change_.schedule.again(s_.now + std::chrono::seconds(1))) return;
  change_.wanted.late_offer = sent.late_offer;
  change_.wanted.headers = sent.headers;
}

/// The end of our re-INVITE or UPDATE.
void call::offer_done(const request_outcome& o, const media_wish& sent) {
  change_.by = never;
  exchange_.invite_of_ours(false);
  exchange_.settled();
  if (phase_ >= phase::closing) return;
  if (!o.is_success()) {
    if (o.response) offer_refused(*o.response);
    // Asked for again, it is the same request, unless another wish has come.
    if (change_.schedule.is_wanted() && change_.wanted.headers.empty())
      change_.wanted.headers = sent.headers;
    offer_if_due();
    return;
  }
  change_.schedule.done();
  inside_->dialog().refresh_target(*o.response);
  // Before anything else goes out in this dialog (13.2.2.4); the ACK to a late offer has the
  // answer.
  const bool invite = o.response->method() == sip::method::invite;
  if (invite && !sent.late_offer) inside_->acknowledge(o.tx, o.cseq, {}, o.credentials);
  note_peer(*o.response);
  timer_.take_response(*o.response, s_.now);
  if (!take_description_of(o, sent.late_offer)) {
    if (invite && sent.late_offer) inside_->acknowledge(o.tx, o.cseq);
    send_bye();
    finish(ended_by::error, "bad_answer");
    return;
  }
  media_.open_or_change();
  tell_hold();
  if (change_.in_force.hold != sent.hold) s_.emit(call_held{info_.id, sent.hold, ended_by::local});
  change_.in_force = sent;
  change_.in_force.headers.clear();
  // Another wish came while this one was under way.
  if (change_.wanted.hold != sent.hold || change_.wanted.direction != sent.direction)
    change_.schedule.want();
  offer_if_due();
}

/// The answer of a 2xx; or the offer of one to a re-INVITE without, which the ACK answers.
bool call::take_description_of(const request_outcome& o, bool late) {
  if (!late) return take_answer_of(*o.response);
  const auto answer = answer_to(*o.response);
  if (answer) inside_->acknowledge(o.tx, o.cseq, *answer, o.credentials);
  return answer.has_value();
}

/// The old session goes on (14.1); some refusals only mean: not now.
void call::offer_refused(const sip::message& refusal) {
  switch (refusal.status()) {
    case 422:
      if (!timer_.raise(refusal)) break;
      change_.schedule.want();
      return;
    case 491:
      if (change_.schedule.glare(!info_.inbound, s_.random, s_.now)) return;
      break;
    case 500: {
      const auto after = sip::parse_retry_after(refusal.value(sip::header_id::retry_after));
      if (after && *after <= limits::max_retry_after_s &&
          change_.schedule.again(s_.now + std::chrono::seconds(*after)))
        return;
      break;
    }
    default:
      break;
  }
  s_.log(1, "call " + info_.session_id + ": the peer refused our change of the session with " +
                std::to_string(refusal.status()));
  change_.schedule.done();
  change_.wanted = change_.in_force;
  if (timer_.is_running() && timer_.we_refresh()) timer_.failed(s_.now);
}

/// By UPDATE where the peer takes it, since that changes nothing else.
void call::refresh_session() {
  if (!peer_updates_) {
    change_.schedule.want();
    offer_if_due();
    return;
  }
  dialog_request r;
  r.method = sip::method::update;
  r.headers = {{"Allow", allowed_methods()}, {"Supported", supported_extensions()}};
  timer_.add_to_request(r.headers);
  r.done = [this](const request_outcome& o) { on_refreshed(o); };
  if (inside_->send(std::move(r)) == request_id::none) timer_.failed(s_.now);
}

void call::on_refreshed(const request_outcome& o) {
  if (phase_ >= phase::closing || !o.response) return;
  if (o.is_success()) {
    inside_->dialog().refresh_target(*o.response);
    note_peer(*o.response);
    timer_.take_response(*o.response, s_.now);
    return;
  }
  const int status = o.status();
  if (status == 422 && timer_.raise(*o.response)) return refresh_session();
  if (status == 405 || status == 501) {
    peer_updates_ = false;
    return refresh_session();
  }
  timer_.failed(s_.now);
}

}  // namespace sipvoice::call
