#include "sipvoice/call/transfer_out.hpp"

#include "sipvoice/sip/event.hpp"
#include "sipvoice/sip/refer_to.hpp"
#include "sipvoice/sip/sipfrag.hpp"

namespace sipvoice::call {
namespace {

using outcome = sip::refer_subscriber::outcome;

/// One word (or the far end's phrase) for why a transfer failed.
std::string reason_of(const sip::refer_subscriber::result& r) {
  switch (r.why) {
    case outcome::done:
    case outcome::refused:
      return r.reason.empty() ? std::string(sip::standard_reason(r.status)) : r.reason;
    case outcome::no_answer:
      return "no_answer";
    case outcome::no_notify:
      return "no_notify";
    case outcome::expired:
      return "expired";
    case outcome::terminated:
      return r.reason.empty() ? "terminated" : r.reason;
    case outcome::gone:
      return "call_ended";
  }
  return "failed";
}

/// What a NOTIFY says; the status of the response where it cannot be read.
int read_notify(const sip::message& m, sip::refer_subscriber::news& news) {
  if (!m.body().empty()) {
    if (!sip::media_type_is(m.value(sip::header_id::content_type), "message/sipfrag")) return 415;
    const auto fragment = sip::sipfrag_status::parse(m.body());
    if (!fragment) return 400;
    news.status = fragment->status;
    news.phrase = fragment->reason;
  }
  if (!m.has(sip::header_id::subscription_state)) return 200;  // old peers: as if active
  const auto state = sip::subscription_state::parse(m.value(sip::header_id::subscription_state));
  if (!state) return 400;
  news.terminated = state->state == sip::subscription_state::kind::terminated;
  news.state_reason = state->reason;
  news.expires_s = state->expires_s;
  return 200;
}

}  // namespace

std::optional<std::string> admit_notify(services& s, const sip::request_received& r,
                                        std::string_view to_tag) {
  const std::string_view value = r.request->value(sip::header_id::event);
  const auto event = sip::event_header::parse(value);
  if (event && event->package == "refer") return std::string(event->id);
  if (!event && !value.empty()) {
    s.refuse(r, 400, to_tag);
    return std::nullopt;
  }
  auto b = s.reply(*r.request, 489, r.from, to_tag);
  b.add(sip::header_id::allow_events, "refer");
  s.agent.respond(r.tx, 489, b.finish(), s.now);
  return std::nullopt;
}

bool transfer_out::start(const std::string& target, const std::optional<sip::replaces>& replaces,
                         const std::string& referred_by) {
  const auto uri = sip::uri::parse(target);
  if (busy() || !uri || !uri->is_sip() || !uri->headers.empty()) return false;
  dialog_request refer;
  refer.method = sip::method::refer;
  refer.headers.emplace_back("Refer-To", sip::refer_to::print(target, replaces));
  if (sip::is_referred_by(referred_by)) refer.headers.emplace_back("Referred-By", referred_by);
  refer.done = [this, attempt = attempt_ + 1](const request_outcome& o) { responded(attempt, o); };
  ++attempt_;
  subscriber_.emplace(s_.config.timers);
  cseq_.reset();
  target_ = target;
  if (inside_.send(std::move(refer)) == request_id::none) {
    subscriber_.reset();
    return false;
  }
  told_ = false;
  tell(transfer_state::trying, 0, {});
  return true;
}

void transfer_out::responded(std::uint64_t attempt, const request_outcome& outcome) {
  if (attempt != attempt_) return;
  cseq_ = outcome.cseq;
  if (outcome.response)
    subscriber_->responded(outcome.status(), outcome.response->reason_phrase(), s_.now);
  else
    subscriber_->unanswered();
  report();
}

void transfer_out::receive_notify(const sip::request_received& r, std::string_view event_id) {
  // The id is the CSeq number of the REFER (RFC 3515 2.4.6); until its response has come that may
  // be the number of any copy of it.
  const bool ours = busy() && (event_id.empty() || !cseq_ || event_id == std::to_string(*cseq_));
  if (!ours) return s_.refuse(r, 481);
  sip::refer_subscriber::news news;
  const int status = read_notify(*r.request, news);
  auto b = s_.reply(*r.request, status, r.from, {});
  if (status == 415) b.add(sip::header_id::accept, "message/sipfrag");
  s_.agent.respond(r.tx, status, b.finish(), s_.now);
  if (status != 200) return;
  const int before = subscriber_->last_status();
  subscriber_->notified(news, s_.now);
  const int after = subscriber_->last_status();
  if (!subscriber_->ended() && after > 100 && after != before)
    tell(transfer_state::progress, after, std::string(news.phrase));
  report();
}

void transfer_out::dialog_ended() {
  failed_ = nullptr;  // the call does not go on
  if (!subscriber_) return;
  subscriber_->dialog_ended();
  report();
}

void transfer_out::handle_timeout() {
  if (!subscriber_) return;
  subscriber_->handle_timeout(s_.now);
  report();
}

/// Tells the end of the transfer, once.
void transfer_out::report() {
  const auto& ended = subscriber_->ended();
  if (!ended || told_) return;
  told_ = true;
  const bool done = ended->why == outcome::done && ended->status < 300;
  tell(done ? transfer_state::done : transfer_state::failed, ended->status, reason_of(*ended));
  if (const auto& then = done ? done_ : failed_) then();
}

void transfer_out::tell(transfer_state state, int status, std::string reason) {
  s_.emit(call_transfer{info_.id, true, state, status, std::move(reason), target_, {}});
}

}  // namespace sipvoice::call
