#include "action_options.hpp"

#include <filesystem>

#include "errors.hpp"
#include "values.hpp"

namespace sipvoice::app {
namespace {

session::then_action to_then(const std::string& text) {
  const std::string word = to_choice("--then", text, {"hangup", "stay", "echo"});
  if (word == "hangup") return session::then_action::hangup;
  return word == "stay" ? session::then_action::stay : session::then_action::echo;
}

media::digit_method to_method(const std::string& text) {
  const std::string word = to_choice("--dtmf-method", text, {"rfc4733", "info", "inband"});
  if (word == "rfc4733") return media::digit_method::rfc4733;
  return word == "info" ? media::digit_method::info : media::digit_method::inband;
}

/// Options that mean nothing without another one are mistakes, not decoration.
void check_companions(const action_options& o) {
  if (o.loop && o.play.empty()) throw usage_error("--loop needs --play FILE to repeat");
  if (!o.then.empty() && o.play.empty() && o.dtmf.empty()) {
    throw usage_error("--then needs --play FILE or --dtmf DIGITS that it can follow");
  }
  if (!o.dtmf_method.empty() && o.dtmf.empty()) {
    throw usage_error("--dtmf-method needs --dtmf DIGITS to send");
  }
  if (o.record.empty() && o.stereo) throw usage_error("--stereo needs --record TEMPLATE");
  if (o.record.empty() && !o.waveform.empty()) {
    throw usage_error("--waveform needs --record TEMPLATE to draw");
  }
  if (o.record.empty() && !o.max_duration.empty()) {
    throw usage_error("--max-duration needs --record TEMPLATE; --hangup-after ends a call");
  }
}

}  // namespace

void declare_sound(option_set& set, action_options& o) {
  set.group("Actions");
  set.list("--play", "FILE", o.play,
           "play a sound file (any format libsndfile reads); repeatable, played in order");
  set.flag("--loop", o.loop, "begin again after the last prompt (default: off)");
  set.flag("--echo", o.echo, "send back what is heard");
  set.flag("--silence", o.silence, "send silence");
  set.value("--then", "hangup|stay|echo", o.then,
            "what follows the last prompt (default: hangup; with --hangup-after: stay)");
}

void declare_recording(option_set& set, action_options& o, const std::string& names,
                       const std::string& default_text) {
  set.group("Actions");
  set.value(names, "TEMPLATE", o.record,
            "record to a WAV file; may use {call_id} {session_id} {room_id} {caller} {callee} {n} "
            "{start} (default: " +
                default_text + ")");
  set.flag("--stereo", o.stereo, "left: heard, right: sent (default: mono, heard)");
  set.value("--waveform", "TEMPLATE", o.waveform,
            "draw each recording to an SVG file when it is complete (default: none)");
  set.value("--max-duration", "DURATION", o.max_duration,
            "end a recording after so long (default: no limit)");
}

void declare_length(option_set& set, action_options& o, const std::string& hangup_after) {
  set.group("Actions");
  set.value("--dtmf", "DIGITS", o.dtmf,
            "send digits from the answer on: 0-9 * # A-D; w waits half a second, W one");
  set.value("--dtmf-method", "rfc4733|info|inband", o.dtmf_method,
            "how they go: telephone-events, SIP INFO or tones (default: telephone-events, or tones "
            "where the other side takes none)");
  set.value(hangup_after, "DURATION", o.hangup_after,
            "hang up so long after the answer (default: never)");
  set.value("--hangup-on", "DIGITS", o.hangup_on, "hang up when this sequence was received");
}

void declare_inbound(option_set& set, action_options& o) {
  set.group("Actions");
  set.value("--ring", "DURATION", o.ring, "ring so long before the answer (default: 0s)");
  set.list("--header", "'Name: value'", o.header, "header of the 200 OK; repeatable");
  set.value("--calls", "N", o.calls, "exit after N calls; 0: never (default: 0)");
}

int actions_given(const action_options& o) {
  return static_cast<int>(!o.play.empty()) + static_cast<int>(o.echo) +
         static_cast<int>(o.silence) + static_cast<int>(!o.reject.empty());
}

session::call_plan to_plan(const action_options& o) {
  check_companions(o);
  session::call_plan plan;
  if (!o.reject.empty()) plan.reject = to_reject(o.reject);
  plan.play = o.play;
  for (const std::string& file : o.play) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(file, error)) {
      throw usage_error("--play: there is no file '" + file + "'; check the path");
    }
  }
  plan.loop = o.loop;
  plan.echo = o.echo;
  plan.silence = o.silence;
  if (!o.then.empty()) plan.then = to_then(o.then);
  if (!o.record.empty()) plan.record = to_record_template("--record", o.record);
  if (!o.waveform.empty()) plan.waveform = to_picture_template("--waveform", o.waveform);
  plan.stereo = o.stereo;
  if (!o.max_duration.empty()) plan.max_duration = to_duration("--max-duration", o.max_duration);
  plan.dtmf = to_digits("--dtmf", o.dtmf, true);
  if (!o.dtmf_method.empty()) plan.dtmf_method = to_method(o.dtmf_method);
  if (!o.hangup_after.empty()) plan.hangup_after = to_duration("--hangup-after", o.hangup_after);
  plan.hangup_on = to_digits("--hangup-on", o.hangup_on, false);
  if (!o.ring.empty()) plan.ring = to_duration("--ring", o.ring);
  plan.headers = to_headers(o.header);
  return plan;
}

}  // namespace sipvoice::app
