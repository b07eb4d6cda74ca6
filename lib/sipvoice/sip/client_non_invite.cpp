#include "sipvoice/sip/client_non_invite.hpp"

#include <algorithm>

namespace sipvoice::sip {

client_non_invite::client_non_invite(const timer_values& values, bool reliable)
    : values_(values), interval_(values.t1), reliable_(reliable) {}

client_non_invite::output client_non_invite::start(time_point now) {
  if (!reliable_) repeat_ = now + interval_;
  limit_ = {now + patience(values_), timer::f};
  return {.send_request = true};
}

client_non_invite::output client_non_invite::receive_response(int status, time_point now) {
  switch (state_) {
    case state::trying:
    case state::proceeding:
      if (status < 200) {
        state_ = state::proceeding;  // E runs on as it was set; its next interval is T2
        return {.inform = true};
      }
      repeat_ = never;
      if (!reliable_) {
        state_ = state::completed;
        limit_ = {now + values_.t4, timer::k};
        return {.inform = true};
      }
      limit_ = {};
      state_ = state::terminated;
      return {.inform = true, .ended = tx_end::completed};
    case state::completed:
    case state::terminated:
      break;
  }
  return {};
}

client_non_invite::output client_non_invite::handle_timeout(time_point now) {
  if (limit_.at <= now) return end(limit_.why == timer::f ? tx_end::timed_out : tx_end::completed);
  if (repeat_ <= now) {
    interval_ = state_ == state::proceeding ? values_.t2 : std::min(2 * interval_, values_.t2);
    repeat_ = now + interval_;
    return {.send_request = true};
  }
  return {};
}

client_non_invite::deadline client_non_invite::next() const {
  if (repeat_ < limit_.at) return {repeat_, timer::e};
  return limit_;
}

client_non_invite::output client_non_invite::end(tx_end why) {
  state_ = state::terminated;
  repeat_ = never;
  limit_ = {};
  return {.ended = why};
}

}  // namespace sipvoice::sip
