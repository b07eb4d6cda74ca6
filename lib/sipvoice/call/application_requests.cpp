// What the application itself asks and answers inside the dialog of a call.
#include "sipvoice/call/call.hpp"
#include "sipvoice/call/in_dialog_content.hpp"

namespace sipvoice::call {

bool call::send_in_dialog(const in_dialog_request& wanted) {
  if (phase_ != phase::up || !inside_) return false;
  auto request = application_request(wanted);
  if (!request) return false;
  if (request->method == sip::method::update) {  // it refreshes the session (RFC 4028 section 7.4)
    header_list own{{"Allow", allowed_methods()}, {"Supported", supported_extensions()}};
    timer_.add_to_request(own);
    request->headers.insert(request->headers.begin(), own.begin(), own.end());
  }
  if (wanted.offer) {
    if (!exchange_.may_invite() || answering_.repetition.waiting()) return false;
    request->body = media_.negotiation().make_offer(media_.advertised(), wanted_direction());
    request->content_type = "application/sdp";
    exchange_.offered();
  }
  request->done = [this, name = wanted.method, offer = wanted.offer,
                   began = s_.now](const request_outcome& o) {
    if (offer) exchange_.settled();
    if (phase_ >= phase::closing) return;
    const std::string_view reason =
        o.response ? o.response->reason_phrase() : sip::standard_reason(o.status());
    s_.emit(call_request_finished{info_.id, name, o.status(), std::string(reason),
                                  o.response != nullptr, s_.now - began});
    if (o.is_success() && name == sip::name_of(sip::method::update)) session_refreshed(o, offer);
    if (offer) offer_if_due();
  };
  if (inside_->send(std::move(*request)) != request_id::none) return true;
  if (wanted.offer) exchange_.settled();
  return false;
}

/// The 2xx to an UPDATE of the application.
void call::session_refreshed(const request_outcome& o, bool offered) {
  inside_->dialog().refresh_target(*o.response);
  note_peer(*o.response);
  timer_.take_response(*o.response, s_.now);
  if (!offered) return;
  if (!take_answer_of(*o.response)) {
    send_bye();
    return finish(ended_by::error, "bad_answer");
  }
  media_.open_or_change();
  tell_hold();
}

/// Whether the application answers a request of the peer.
bool call::hand_over(const sip::request_received& r) {
  if (phase_ >= phase::closing) return false;
  const bool update = r.request->method() == sip::method::update;
  if (update && timer_.too_small(*r.request)) return false;
  return held_requests_.take(r);
}

bool call::respond(request_handle handle, const request_answer& answer) {
  const auto* one = held_requests_.find(handle);
  if (one == nullptr || !inside_ || !may_be_sent(answer)) return false;
  auto b = held_requests_.reply(*one, answer.status, answer.reason);
  if (answer.status < 300) {
    switch (one->request->method()) {
      case sip::method::update:
        take_refresh(*one->request, *inside_, b);
        break;
      case sip::method::refer:  // the 2xx makes a subscription (RFC 6665 section 4.2.1)
      case sip::method::subscribe:
        b.add(sip::header_id::contact, local_.contact());
        break;
      default:
        break;
    }
  }
  held_requests_.answer(handle, answer, std::move(b));
  return true;
}

}  // namespace sipvoice::call
