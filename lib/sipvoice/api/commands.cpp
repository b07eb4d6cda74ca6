// What a session is told to do.
#include <algorithm>

#include "sipvoice/api/control.hpp"
#include "sipvoice/api/convert.hpp"
#include "sipvoice/session/file_template.hpp"
#include "sipvoice/sip/message.hpp"

namespace sipvoice::api {

Outcome control::after(bool done) const {
  shell_->settle();
  return done ? Outcome::done : Outcome::wrong_state;
}

Outcome control::ring(session_state& s) { return after(endpoint_->ring(s.call, shell_->now())); }

Outcome control::early_media(session_state& s) {
  return after(endpoint_->early_media(s.call, shell_->now()));
}

Outcome control::answer(session_state& s, const Headers& headers) {
  if (!are_safe(headers)) return Outcome::invalid;
  return after(endpoint_->answer(s.call, {headers}, shell_->now()));
}

Outcome control::reject(session_state& s, int status, const std::string& reason) {
  if (status < 300 || status > 699 || !sip::is_safe_value(reason)) return Outcome::invalid;
  return after(endpoint_->reject(s.call, status, reason, "application", shell_->now()));
}

Outcome control::redirect(session_state& s, const std::string& target) {
  if (!is_sip_uri(target)) return Outcome::invalid;
  return after(endpoint_->redirect(s.call, target, "application", shell_->now()));
}

Outcome control::play(session_state& s, const session::prompt_source& source, bool loop) {
  if (!engine_->format_of(s.call)) return Outcome::wrong_state;
  std::string error;
  const bool done = engine_->play(s.call, source, loop, error);
  shell_->settle();
  if (done) return Outcome::done;
  if (error.empty()) return Outcome::wrong_state;
  report("session " + s.id + ": cannot play: " + error);
  return Outcome::invalid;
}

Outcome control::command(session_state& s, media::command_body body) {
  return after(engine_->command(s.call, std::move(body)));
}

Outcome control::record(session_state& s, const std::string& file, bool stereo,
                        duration max_duration) {
  if (!session::check_template(file)) return Outcome::invalid;
  return after(engine_->record(s.call, file, stereo, max_duration, shell_->now()));
}

Outcome control::stop_recording(session_state& s) { return after(engine_->stop_recording(s.call)); }

Outcome control::hold(session_state& s, bool on_hold) {
  return after(on_hold ? endpoint_->hold(s.call, shell_->now())
                       : endpoint_->resume(s.call, shell_->now()));
}

Outcome control::transfer(session_state& s, const std::string& target) {
  if (!is_sip_uri(target)) return Outcome::invalid;
  return after(endpoint_->transfer(s.call, target, shell_->now()));
}

Outcome control::transfer(session_state& s, const session_state& other) {
  if (other.owner.lock().get() != this || other.call == s.call) return Outcome::invalid;
  if (other.state == State::ended) return Outcome::wrong_state;
  return after(endpoint_->transfer_to_call(s.call, other.call, shell_->now()));
}

Outcome control::disconnect(session_state& s, int cause, const std::string& text) {
  if (cause < 0 || cause > 127 || !sip::is_safe_value(text)) return Outcome::invalid;
  return after(engine_->hang_up(s.call, "hangup", {cause, text}, shell_->now()));
}

Outcome control::cancel(session_state& s) {
  if (s.metadata.inbound) return Outcome::wrong_state;
  return after(engine_->cancel(s.call, "cancelled", shell_->now()));
}

Outcome control::send_dtmf(session_state& s, const std::string& digits, DtmfMethod method) {
  const auto is_digit = [](char c) {
    return std::string_view("0123456789*#ABCDwW").find(c) != std::string_view::npos;
  };
  if (digits.empty() || !std::all_of(digits.begin(), digits.end(), is_digit))
    return Outcome::invalid;
  std::optional<media::digit_method> how;
  if (method == DtmfMethod::rfc4733) how = media::digit_method::rfc4733;
  if (method == DtmfMethod::info) how = media::digit_method::info;
  if (method == DtmfMethod::inband) how = media::digit_method::inband;
  return after(engine_->send_digits(s.call, digits, how, shell_->now()));
}

}  // namespace sipvoice::api
