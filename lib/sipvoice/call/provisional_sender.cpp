#include "sipvoice/call/provisional_sender.hpp"

#include <algorithm>

namespace sipvoice::call {
namespace {

constexpr std::uint64_t first_rseq_below = 0x7fffffff;  // RFC 3262 section 3: 1 to 2^31 - 1

}  // namespace

void provisional_sender::begin(sip::server_tx tx, std::uint32_t cseq, bool reliable) {
  tx_ = tx;
  cseq_ = cseq;
  reliable_ = reliable;
}

bool provisional_sender::send(int status, sip::message_builder head, const std::string& body) {
  response r{status, std::move(head), body};
  if (!reliable_ || !unacknowledged_) {
    put(std::move(r));
    return true;
  }
  if (waiting_.size() >= max_waiting) return false;
  waiting_.push_back(std::move(r));
  return true;
}

void provisional_sender::put(response r) {
  if (reliable_) {
    last_ = response{r.status, r.head, {}};
    rseq_ =
        rseq_ == 0 ? static_cast<std::uint32_t>(1 + s_.random.below(first_rseq_below)) : rseq_ + 1;
    r.head.add(sip::header_id::require, "100rel");
    r.head.add(sip::header_id::rseq, std::uint64_t{rseq_});
    unacknowledged_ = true;
    described_ = !r.body.empty();
    interval_ = s_.config.timers.t1;
    next_copy_ = s_.now + interval_;
    give_up_at_ = s_.now + 64 * s_.config.timers.t1;
  }
  status_ = r.status;
  std::string bytes = r.head.finish(r.body.empty() ? "" : "application/sdp", r.body);
  bytes_ = bytes;
  s_.agent.respond(tx_, status_, std::move(bytes), s_.now);
  repeat_at_ = s_.now + repetition;
}

bool provisional_sender::take_prack(const sip::rack& r) {
  if (!unacknowledged_ || r != sip::rack{rseq_, cseq_, sip::method::invite}) return false;
  unacknowledged_ = described_ = false;
  next_copy_ = give_up_at_ = never;
  if (waiting_.empty()) return true;
  response next = std::move(waiting_.front());
  waiting_.erase(waiting_.begin());
  put(std::move(next));
  return true;
}

bool provisional_sender::holds_2xx() const {
  return (unacknowledged_ && described_) ||
         std::any_of(waiting_.begin(), waiting_.end(),
                     [](const response& r) { return !r.body.empty(); });
}

void provisional_sender::stop() {
  next_copy_ = give_up_at_ = repeat_at_ = never;
  waiting_.clear();
  last_.reset();
  bytes_ = {};
}

time_point provisional_sender::next_deadline() const {
  return std::min({repeat_at_, next_copy_, give_up_at_});
}

provisional_sender::action provisional_sender::handle_timeout() {
  if (s_.now >= give_up_at_) {
    stop();
    return action::give_up;
  }
  if (s_.now >= next_copy_) {
    while (next_copy_ <= s_.now) {
      interval_ *= 2;
      next_copy_ += interval_;
    }
    s_.agent.respond(tx_, status_, bytes_, s_.now);
  }
  if (s_.now >= repeat_at_) {
    repeat_at_ = s_.now + repetition;
    if (!reliable_)
      s_.agent.respond(tx_, status_, bytes_, s_.now);
    else if (!unacknowledged_)
      put(response{*last_});
  }
  return action::nothing;
}

}  // namespace sipvoice::call
