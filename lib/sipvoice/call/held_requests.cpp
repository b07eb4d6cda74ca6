#include "sipvoice/call/held_requests.hpp"

#include <algorithm>

#include "sipvoice/call/in_dialog_content.hpp"

namespace sipvoice::call {
namespace {

/// What makes up a call is never the application's.
bool may_be_held(const sip::request_received& r, bool in_call) {
  switch (r.request->method()) {
    case sip::method::invite:
    case sip::method::ack:
    case sip::method::bye:
    case sip::method::cancel:
    case sip::method::prack:
      return false;
    case sip::method::update:  // an offer is answered where media are known
      return in_call && r.request->body().empty();
    case sip::method::info:
    case sip::method::refer:
    case sip::method::notify:
      return in_call;
    default:
      return true;
  }
}

call_request request_of(call_id owner, const sip::request_received& r) {
  const sip::message& m = *r.request;
  call_request told;
  told.id = owner;
  told.request = request_handle{static_cast<std::uint64_t>(r.tx)};
  told.method = m.method_name();
  told.headers.reserve(m.fields().size());
  for (const sip::message::field& f : m.fields()) {
    const std::string_view name = m.name(f);
    const bool compact = name.size() == 1 && f.id != sip::header_id::other;
    told.headers.emplace_back(compact ? sip::name_of(f.id) : name, m.value(f));
  }
  told.content_type = m.value(sip::header_id::content_type);
  told.body = m.body();
  return told;
}

}  // namespace

bool may_be_sent(const request_answer& answer) {
  const bool typed = !answer.content_type.empty();
  return answer.status >= 200 && answer.status <= 699 && sip::is_safe_value(answer.reason) &&
         may_be_set(answer.headers) && (typed || answer.body.empty()) &&
         (!typed || is_media_type(answer.content_type)) &&
         answer.body.size() <= content_limits::max_body_sent;
}

bool held_requests::take(const sip::request_received& r) {
  const auto& asked = s_.config.hold_request;
  const bool in_call = owner_ != call_id{};
  if (!asked || !may_be_held(r, in_call) || !asked(owner_, r.request->method_name())) return false;
  held one{r.tx, r.request, r.from, s_.now + patience_in_t1 * s_.config.timers.t1};
  if (held_.size() >= (in_call ? max_in_call : max_outside)) {
    refuse(one, 503);
    return true;
  }
  held_.push_back(std::move(one));
  s_.emit(request_of(owner_, r));
  return true;
}

const held_requests::held* held_requests::find(request_handle handle) const {
  const auto at = std::find_if(held_.begin(), held_.end(), [&](const held& one) {
    return request_handle{static_cast<std::uint64_t>(one.tx)} == handle;
  });
  return at == held_.end() ? nullptr : &*at;
}

sip::message_builder held_requests::reply(const held& one, int status,
                                          std::string_view reason) const {
  return s_.reply(*one.request, status, one.from, s_.new_tag(), reason);
}

void held_requests::answer(request_handle handle, const request_answer& what,
                           sip::message_builder made) {
  for (const auto& [name, value] : what.headers) made.add(name, value);
  const sip::server_tx tx{static_cast<std::uint64_t>(handle)};
  std::erase_if(held_, [&](const held& one) { return one.tx == tx; });
  s_.agent.respond(tx, what.status, made.finish(what.content_type, what.body), s_.now);
}

void held_requests::refuse(const held& one, int status) {
  auto b = reply(one, status);
  if (status == 503) b.add(sip::header_id::retry_after, limits::retry_after_s);
  s_.agent.respond(one.tx, status, b.finish(), s_.now);
}

void held_requests::end_all(int status) {
  for (const held& one : std::exchange(held_, {})) refuse(one, status);
}

time_point held_requests::next_deadline() const {
  return held_.empty() ? never : held_.front().until;
}

void held_requests::handle_timeout() {
  while (!held_.empty() && s_.now >= held_.front().until) {
    refuse(held_.front(), 500);
    held_.erase(held_.begin());
  }
}

}  // namespace sipvoice::call
