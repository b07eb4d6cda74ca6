// What a call has to do with transfers, with its place being taken by another (RFC 3891), and with
// INFO and MESSAGE.
#include "sipvoice/call/call.hpp"
#include "sipvoice/call/in_dialog_content.hpp"
#include "sipvoice/sip/refer_to.hpp"

namespace sipvoice::call {

bool call::transfer(const std::string& target, const std::optional<sip::replaces>& replaces) {
  if (phase_ != phase::up || !inside_) return false;
  if (!transfer_out_) {
    transfer_out_ = std::make_unique<transfer_out>(s_, info_, *inside_);
    transfer_out_->when_done([this] { hang_up("transferred"); });
    transfer_out_->when_failed([this] {
      if (std::exchange(held_for_transfer_, false)) hold(false);
    });
  }
  const bool started = transfer_out_->start(
      target, replaces, "<" + (info_.inbound ? info_.to_uri : info_.from_uri) + ">");
  // Whom we hold while he is sent elsewhere is talked to again when he could not get there.
  if (started) held_for_transfer_ = change_.wanted.hold;
  return started;
}

std::optional<transfer_goal> call::as_transfer_goal() const {
  if (phase_ != phase::up || !inside_) return std::nullopt;
  const sip::dialog& d = inside_->dialog();
  const auto target = sip::refer_to::parse("<" + d.remote_target + ">");
  if (!target) return std::nullopt;
  // Tags as the far end sees them.
  return transfer_goal{target->target, {d.call_id, d.remote_tag, d.local_tag, false}};
}

int call::replaceable(const sip::replaces& r) const {
  if (inside_ != nullptr) {
    const sip::dialog& d = inside_->dialog();
    // RFC 3891 section 3: "0" stands for a peer of RFC 2543 that has no tag.
    const bool same_tag = r.from_tag == d.remote_tag || (r.from_tag == "0" && d.remote_tag.empty());
    if (r.call_id != d.call_id || !same_tag) return 481;
    if (phase_ >= phase::closing) return 603;
    if (phase_ == phase::inviting || phase_ == phase::preparing) return 481;  // not begun by us
    return r.early_only ? 486 : 0;
  }
  if (phase_ != phase::inviting || info_.inbound || r.call_id != info_.sip_call_id) return 481;
  for (const std::string& tag : early_tags_)
    if (tag == r.from_tag) return 0;
  return 481;
}

void call::take_place() {
  if (!info_.replaces) return;
  std::ignore = answer({});
  s_.post(*info_.replaces, [](call& replaced) { std::ignore = replaced.hang_up("replaced"); });
}

void call::remember_early_dialog(const sip::message& provisional) {
  const auto& to = provisional.to();
  if (!to || to->tag().empty() || early_tags_.size() >= limits::max_forks) return;
  for (const std::string& known : early_tags_)
    if (known == to->tag()) return;
  early_tags_.emplace_back(to->tag());
}

void call::on_refer(const sip::request_received& r) {
  if (phase_ >= phase::closing) return s_.refuse(r, 481);
  if (phase_ != phase::up) return s_.refuse(r, 603);  // nothing is up that could be transferred
  if (!transfer_in_) {
    transfer_in_ = std::make_unique<transfer_in>(s_, info_, *inside_);
    transfer_in_->when_overdue([this] { hang_up("transferred"); });
  }
  transfer_in_->receive_refer(r, local_, calling_ ? &calling_->request : nullptr);
}

void call::on_notify(const sip::request_received& r) {
  const auto event_id = admit_notify(s_, r, {});
  if (!event_id) return;
  if (!transfer_out_) return s_.refuse(r, 481);
  transfer_out_->receive_notify(r, *event_id);
}

void call::on_content(const sip::request_received& r) {
  if (phase_ >= phase::closing) return s_.refuse(r, 481);
  if (r.request->method() == sip::method::info) return receive_info(s_, info_.id, r);
  receive_message(s_, info_.id, r);
}

bool call::send_content(std::optional<dialog_request> request) {
  if (!request || phase_ != phase::up || !inside_) return false;
  request->done = [this, method = request->method](const request_outcome& o) {
    if (method == sip::method::info && phase_ == phase::up)
      s_.emit(call_digit_sent{info_.id, o.status()});
    if (o.is_success()) return;
    s_.log(1, "call " + info_.session_id + ": " + std::string(sip::name_of(method)) +
                  " was answered with " + std::to_string(o.status()));
  };
  return inside_->send(std::move(*request)) != request_id::none;
}

void call::referred_progress(int status, std::string_view reason) {
  if (transfer_in_ && phase_ < phase::closing) transfer_in_->progress(status, reason);
}

void call::tell_referrer(int status, std::string_view reason) {
  if (!referrer_) return;
  s_.post(*referrer_, [status, words = std::string(reason)](call& referred) {
    referred.referred_progress(status, words);
  });
  if (status >= 200) referrer_.reset();
}

/// The referred call is over without a response of its peer: what to tell the referrer.
void call::tell_referrer_of_end() {
  if (!referrer_) return;
  const int status = end_.by == ended_by::timeout ? 408 : end_.by == ended_by::error ? 503 : 487;
  tell_referrer(status, sip::standard_reason(status));
}

}  // namespace sipvoice::call
