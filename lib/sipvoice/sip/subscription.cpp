#include "sipvoice/sip/subscription.hpp"

#include <algorithm>

namespace sipvoice::sip {

void refer_subscriber::end(outcome why, int status, std::string_view reason) {
  state_ = state::over;
  deadline_ = never;
  result_ = result{why, status, std::string(reason.substr(0, max_reason))};
}

void refer_subscriber::responded(int status, std::string_view reason, time_point now) {
  if (state_ == state::over || status < 200) return;
  if (status >= 300) {
    // Once NOTIFYs have come the subscription exists, whatever is said of the REFER afterwards.
    if (state_ == state::asked) end(outcome::refused, status, reason);
    return;
  }
  if (state_ != state::asked) return;
  state_ = state::waiting;
  deadline_ = now + 64 * timers_.t1;  // RFC 6665 4.1.2.4, timer N
}

void refer_subscriber::unanswered() {
  if (state_ == state::asked) end(outcome::no_answer, 408, "Request Timeout");
}

bool refer_subscriber::notified(const news& n, time_point now) {
  if (state_ == state::over) return false;
  state_ = state::active;
  // A final status is the outcome, even where the notifier forgets to end the subscription.
  if (n.status && *n.status >= 200) {
    end(outcome::done, *n.status, n.phrase);
    return true;
  }
  if (n.terminated) {
    end(outcome::terminated, 0, n.state_reason);
    return true;
  }
  if (n.status) last_status_ = *n.status;
  const bool first = limit_ == never;
  if (first) limit_ = now + max_expiry;
  const auto least = [this](time_point t) { return std::min(t, limit_); };
  if (n.expires_s)
    deadline_ = least(now + std::chrono::seconds(*n.expires_s));
  else if (first)
    deadline_ = least(now + default_expiry);
  return true;
}

void refer_subscriber::dialog_ended() {
  if (state_ != state::over) end(outcome::gone, 0, {});
}

void refer_subscriber::handle_timeout(time_point now) {
  if (now < deadline_) return;
  end(state_ == state::waiting ? outcome::no_notify : outcome::expired, 0, {});
}

refer_notifier::refer_notifier(bool silent, time_point now)
    : expires_at_(now + expiry), over_(silent) {}

void refer_notifier::progress(int status, std::string_view reason) {
  // 100 is what was told first; from a final status on there is nothing more to tell.
  if (over_ || status_ >= 200 || status <= 100 || status == status_) return;
  status_ = status;
  reason_ = reason;
  fresh_ = true;
}

void refer_notifier::answered(int status) {
  if (status < 200 || !outstanding_) return;
  outstanding_ = false;
  // RFC 6665 4.2.2: a NOTIFY that is refused or not answered ends the subscription.
  if (status >= 300 || last_sent_) over_ = true;
}

void refer_notifier::handle_timeout(time_point now) {
  if (over_ || now < expires_at_) return;
  expires_at_ = never;
  if (last_sent_) return;  // its answer ends it; the transaction has a limit of its own
  expired_ = true;
  fresh_ = true;
}

std::optional<refer_notifier::notify> refer_notifier::poll(time_point now) {
  if (over_ || outstanding_ || last_sent_ || !fresh_) return std::nullopt;
  fresh_ = false;
  outstanding_ = true;
  notify n;
  n.status = status_;
  n.reason = reason_;
  if (status_ >= 200) {
    n.terminated = true;
    n.state_reason = "noresource";  // RFC 3515 2.4.7
  } else if (expired_) {
    n.terminated = true;
    n.state_reason = "timeout";
  } else {
    const duration left = std::max(expires_at_ - now, duration::zero());
    n.expires_s = std::chrono::ceil<std::chrono::seconds>(left).count();
  }
  last_sent_ = n.terminated;
  return n;
}

}  // namespace sipvoice::sip
