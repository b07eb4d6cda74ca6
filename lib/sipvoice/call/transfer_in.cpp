#include "sipvoice/call/transfer_in.hpp"

#include <algorithm>

#include "sipvoice/base/text.hpp"
#include "sipvoice/sip/sipfrag.hpp"

namespace sipvoice::call {

int transfer_in::judge(const sip::message& refer, sip::refer_to& to) const {
  std::size_t values = 0;
  std::string_view value;
  refer.for_each(sip::header_id::refer_to, [&](std::string_view one) {
    ++values;
    value = one;
  });
  if (values != 1) return 400;  // RFC 3515 2.4.2
  auto read = sip::refer_to::parse(value);
  if (!read) return 400;
  to = std::move(*read);
  const auto uri = sip::uri::parse(to.target);
  if (!uri || !uri->is_sip()) return 416;
  if (!to.method.empty() && to.method != "INVITE") return 603;
  if (!s_.config.allow_refer || !s_.config.allow_refer(uri->without_params())) return 603;
  return busy() ? 491 : 0;
}

void transfer_in::receive_refer(const sip::request_received& r, const local_side& local,
                                const dial_request* dialled) {
  sip::refer_to to;
  if (const int status = judge(*r.request, to); status != 0) {
    s_.log(1, "call " + info_.session_id + ": REFER to " + printable(to.target) + " refused with " +
                  std::to_string(status));
    s_.refuse(r, status);
    return;
  }
  const bool silent = iequals(trim(r.request->value(sip::header_id::refer_sub)), "false");
  target_ = to.target;
  // RFC 3515 2.4.6: the first may go without an id, every other needs it.
  event_ = "refer";
  if (referred_before_) event_ += ";id=" + std::to_string(r.request->cseq()->number);
  referred_before_ = true;
  accept(r, local, silent);
  place(to, r.request->value(sip::header_id::referred_by), dialled);
}

void transfer_in::accept(const sip::request_received& r, const local_side& local, bool silent) {
  auto b = s_.reply(*r.request, 202, r.from, {});
  b.add(sip::header_id::contact, local.contact());
  if (silent) b.add(sip::header_id::refer_sub, "false");  // RFC 4488
  s_.agent.respond(r.tx, 202, b.finish(), s_.now);
  notifier_.emplace(silent, s_.now);
  calling_ = true;
  send_next();
}

void transfer_in::place(const sip::refer_to& to, std::string_view referred_by,
                        const dial_request* dialled) {
  dial_request request;
  request.target = to.target;
  request.from = info_.inbound ? info_.to_uri : info_.from_uri;
  if (dialled != nullptr && dialled->proxy) {
    request.proxy = dialled->proxy;
    request.accounts = dialled->accounts;
  }
  const std::string by = "<" + (info_.inbound ? info_.from_uri : info_.to_uri) + ">";
  if (sip::is_referred_by(referred_by))
    request.headers.emplace_back("Referred-By", referred_by);
  else if (sip::is_referred_by(by))
    request.headers.emplace_back("Referred-By", by);
  if (to.replaces) request.headers.emplace_back("Replaces", to.replaces->print());
  const call_id id = s_.new_call_id();
  tell(transfer_state::trying, 0, {}, id);
  s_.placed.push_back({id, std::move(request), info_.id});
}

void transfer_in::progress(int status, std::string_view reason) {
  if (!calling_) return;
  if (notifier_) notifier_->progress(status, reason);
  if (status >= 200) {
    calling_ = false;
    const bool up = status < 300;
    tell(up ? transfer_state::done : transfer_state::failed, status, std::string(reason), {});
    if (up) overdue_at_ = s_.now + 64 * s_.config.timers.t1;
  } else if (status > 100) {
    tell(transfer_state::progress, status, std::string(reason), {});
  }
  send_next();
}

void transfer_in::send_next() {
  const auto next = notifier_->poll(s_.now);
  if (!next) return;
  dialog_request notify;
  notify.method = sip::method::notify;
  notify.headers.emplace_back("Event", event_);
  notify.headers.emplace_back("Subscription-State",
                              next->terminated
                                  ? "terminated;reason=" + std::string(next->state_reason)
                                  : "active;expires=" + std::to_string(next->expires_s));
  notify.content_type = "message/sipfrag";
  notify.body = sip::print_sipfrag(next->status, next->reason);
  notify.done = [this](const request_outcome& o) {
    notifier_->answered(o.status());
    send_next();
  };
  // No room for it: the referrer does not answer anything any more.
  if (inside_.send(std::move(notify)) == request_id::none) notifier_->answered(408);
}

/// The referrer has hung up: the new call goes on by itself.
void transfer_in::dialog_ended() {
  if (notifier_) notifier_->dialog_ended();
  calling_ = false;
  overdue_at_ = never;
}

void transfer_in::handle_timeout() {
  if (notifier_) {
    notifier_->handle_timeout(s_.now);
    send_next();
  }
  if (s_.now < overdue_at_) return;
  overdue_at_ = never;
  if (overdue_) overdue_();
}

time_point transfer_in::next_deadline() const {
  return std::min(overdue_at_, notifier_ ? notifier_->next_deadline() : never);
}

void transfer_in::tell(transfer_state state, int status, std::string reason,
                       std::optional<call_id> other) {
  s_.emit(call_transfer{info_.id, false, state, status, std::move(reason), target_, other});
}

}  // namespace sipvoice::call
