#include "sipvoice/sip/server_non_invite.hpp"

namespace sipvoice::sip {

server_non_invite::server_non_invite(const timer_values& values, bool reliable)
    : linger_(reliable ? duration::zero() : patience(values)) {}

server_non_invite::output server_non_invite::receive_request() const {
  return {.send_last = state_ == state::proceeding || state_ == state::completed};
}

bool server_non_invite::may_respond(int status) const {
  return status >= 100 && (state_ == state::trying || state_ == state::proceeding);
}

server_non_invite::output server_non_invite::respond(int status, time_point now) {
  if (!may_respond(status)) return {};
  if (status < 200) {
    state_ = state::proceeding;
    return {.send_last = true};
  }
  if (linger_ == duration::zero()) {
    state_ = state::terminated;
    return {.send_last = true, .ended = tx_end::completed};
  }
  state_ = state::completed;
  limit_ = {now + linger_, timer::j};
  return {.send_last = true};
}

server_non_invite::output server_non_invite::handle_timeout(time_point now) {
  if (limit_.at > now) return {};
  state_ = state::terminated;
  limit_ = {};
  return {.ended = tx_end::completed};
}

}  // namespace sipvoice::sip
