#include "sipvoice/sip/client_invite.hpp"

namespace sipvoice::sip {

client_invite::client_invite(const timer_values& values, bool reliable)
    : values_(values), interval_(values.t1), reliable_(reliable) {}

client_invite::output client_invite::start(time_point now) {
  if (!reliable_) repeat_ = now + interval_;
  limit_ = {now + patience(values_), timer::b};
  return {.send_request = true};
}

client_invite::output client_invite::receive_response(int status, time_point now) {
  switch (state_) {
    case state::calling:
    case state::proceeding:
      if (status < 200) {
        // Only the first provisional stops timer B; a bound set by CANCEL stays.
        if (state_ == state::calling && limit_.why == timer::b) limit_ = {};
        repeat_ = never;
        state_ = state::proceeding;
        return {.inform = true};
      }
      repeat_ = never;
      if (status < 300) {
        state_ = state::accepted;
        limit_ = {now + patience(values_), timer::m};
        return {.inform = true};
      }
      state_ = state::completed;
      if (!reliable_) {
        limit_ = {now + patience(values_), timer::d};
        return {.send_ack = true, .inform = true};
      }
      state_ = state::terminated;
      limit_ = {};
      return {.send_ack = true, .inform = true, .ended = tx_end::completed};
    case state::completed:
      return {.send_ack = status >= 300};
    case state::accepted:
      return {.inform = status >= 200 && status < 300};
    case state::terminated:
      break;
  }
  return {};
}

void client_invite::cancel_sent(time_point now) {
  if (state_ == state::calling || state_ == state::proceeding)
    limit_ = {now + patience(values_), timer::cancel};
}

client_invite::output client_invite::handle_timeout(time_point now) {
  if (limit_.at <= now) {
    const bool failed = limit_.why == timer::b || limit_.why == timer::cancel;
    return end(failed ? tx_end::timed_out : tx_end::completed);
  }
  if (repeat_ <= now) {
    interval_ *= 2;
    repeat_ = now + interval_;
    return {.send_request = true};
  }
  return {};
}

client_invite::deadline client_invite::next() const {
  if (repeat_ < limit_.at) return {repeat_, timer::a};
  return limit_;
}

client_invite::output client_invite::end(tx_end why) {
  state_ = state::terminated;
  repeat_ = never;
  limit_ = {};
  return {.ended = why};
}

}  // namespace sipvoice::sip
