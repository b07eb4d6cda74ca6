#include "sipvoice/sip/server_invite.hpp"

#include <algorithm>

namespace sipvoice::sip {

server_invite::server_invite(const timer_values& values, bool reliable)
    : values_(values), interval_(values.t1), reliable_(reliable) {}

server_invite::output server_invite::receive_invite() const {
  switch (state_) {
    case state::proceeding:
    case state::completed:
      return {.send_last = true};
    case state::confirmed:
    case state::accepted:
    case state::terminated:
      break;
  }
  return {};
}

server_invite::output server_invite::receive_ack(time_point now) {
  switch (state_) {
    case state::completed:
      if (reliable_) return end(tx_end::completed);
      state_ = state::confirmed;
      repeat_ = never;
      limit_ = {now + values_.t4, timer::i};
      return {};
    case state::accepted:
      return {.pass_ack = true};
    case state::proceeding:  // an ACK before any final response answers nothing
    case state::confirmed:
    case state::terminated:
      break;
  }
  return {};
}

bool server_invite::may_respond(int status) const {
  if (state_ == state::proceeding) return status >= 100;
  return state_ == state::accepted && status >= 200 && status < 300;
}

server_invite::output server_invite::respond(int status, time_point now) {
  if (!may_respond(status)) return {};
  if (state_ == state::accepted || status < 200) return {.send_last = true};
  if (status < 300) {
    state_ = state::accepted;
    limit_ = {now + patience(values_), timer::l};
    return {.send_last = true};
  }
  state_ = state::completed;
  if (!reliable_) repeat_ = now + interval_;
  limit_ = {now + patience(values_), timer::h};
  return {.send_last = true};
}

server_invite::output server_invite::handle_timeout(time_point now) {
  if (limit_.at <= now) return end(limit_.why == timer::h ? tx_end::no_ack : tx_end::completed);
  if (repeat_ <= now) {
    interval_ = std::min(2 * interval_, values_.t2);
    repeat_ = now + interval_;
    return {.send_last = true};
  }
  return {};
}

server_invite::deadline server_invite::next() const {
  if (repeat_ < limit_.at) return {repeat_, timer::g};
  return limit_;
}

server_invite::output server_invite::end(tx_end why) {
  state_ = state::terminated;
  repeat_ = never;
  limit_ = {};
  return {.ended = why};
}

}  // namespace sipvoice::sip
