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
  const bool nothing = o.play.empty() && o.say.empty();
  if (o.loop && nothing) throw usage_error("--loop needs --play FILE or --say TEXT to repeat");
  if (!o.then.empty() && nothing && o.dtmf.empty()) {
    throw usage_error("--then needs --play FILE, --say TEXT or --dtmf DIGITS that it can follow");
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

/// Both lists as one, in the order of the command line.
std::vector<session::prompt_source> in_order(const action_options& o) {
  std::vector<session::prompt_source> sources;
  auto file = o.play.begin();
  auto text = o.say.begin();
  for (const std::string& name : o.sound_order) {
    if (name == "--play" && file != o.play.end()) {
      sources.emplace_back(*file++);
    } else if (name == "--say" && text != o.say.end()) {
      sources.push_back(session::prompt_source::speech(*text++));
    }
  }
  return sources;
}

void declare_sound(option_set& set, action_options& o) {
  set.group("Actions");
  set.list("--play", "FILE", o.play,
           "play a sound file (any format libsndfile reads); repeatable, played in order");
  set.list("--say", "TEXT", o.say, "speak a text; repeatable, in order with --play");
  set.order_of({"--play", "--say"}, o.sound_order);
  declare_speech(set, o);
  set.flag("--loop", o.loop, "begin again after the last prompt (default: off)");
  set.flag("--echo", o.echo, "send back what is heard");
  set.flag("--silence", o.silence, "send silence");
  set.value("--then", "hangup|stay|echo", o.then,
            "what follows the last prompt (default: hangup; with --hangup-after: stay)");
}

void declare_live(option_set& set, action_options& o) {
  set.group("Actions");
  set.optional_value(
      "--live", "[DEVICE]", o.live, "default",
      "microphone and speaker, one call at a time (--live=DEVICE: a number or a name "
      "that 'sipvoice devices' lists; alone: the default)");
}

void declare_speech(option_set& set, action_options& o) {
  set.group("Actions");
  set.value("--voice", "NAME", o.voice, "voice of what is said (default: en, of espeak-ng)");
  set.value("--tts-command", "COMMAND", o.tts_command,
            "speak by this program, started without a shell: 'PROGRAM {voice} {text_file} "
            "{wav_file}' (default: espeak-ng)");
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
  o.length_option = hangup_after.substr(0, hangup_after.find(','));
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
  return static_cast<int>(!o.live.empty()) + static_cast<int>(!o.play.empty() || !o.say.empty()) +
         static_cast<int>(o.echo) + static_cast<int>(o.silence) +
         static_cast<int>(!o.reject.empty());
}

device::speech_settings to_speech(const action_options& o) {
  device::speech_settings settings;
  if (!o.tts_command.empty()) {
    const auto parsed = device::speech_command::parse(o.tts_command);
    if (!parsed) {
      throw usage_error("--tts-command '" + o.tts_command + "': " + parsed.error().what +
                        "; write 'PROGRAM {voice} {text_file} {wav_file}'");
    }
  }
  if (const auto wrong = device::check_voice(o.voice); !wrong.empty()) {
    throw usage_error("--voice: " + wrong);
  }
  settings.command = o.tts_command;
  settings.voice = o.voice;
  return settings;
}

session::call_plan to_plan(const action_options& o) {
  check_companions(o);
  session::call_plan plan;
  if (!o.reject.empty()) plan.reject = to_reject(o.reject);
  plan.play = in_order(o);
  for (const std::string& text : o.say)
    if (const auto wrong = device::check_spoken_text(text); !wrong.empty())
      throw usage_error("--say: " + wrong);
  for (const std::string& file : o.play) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(file, error)) {
      throw usage_error("--play: there is no file '" + file + "'; check the path");
    }
  }
  plan.loop = o.loop;
  plan.echo = o.echo;
  plan.silence = o.silence;
  if (!o.live.empty()) plan.live = o.live;
  if (!o.then.empty()) plan.then = to_then(o.then);
  if (!o.record.empty()) plan.record = to_record_template("--record", o.record);
  if (!o.waveform.empty()) plan.waveform = to_picture_template("--waveform", o.waveform);
  plan.stereo = o.stereo;
  if (!o.max_duration.empty()) plan.max_duration = to_patience("--max-duration", o.max_duration);
  plan.dtmf = to_digits("--dtmf", o.dtmf, true);
  if (!o.dtmf_method.empty()) plan.dtmf_method = to_method(o.dtmf_method);
  if (!o.hangup_after.empty())
    plan.hangup_after = to_patience(o.length_option.c_str(), o.hangup_after);
  plan.hangup_on = to_digits("--hangup-on", o.hangup_on, false);
  if (!o.ring.empty()) plan.ring = to_duration("--ring", o.ring);
  plan.headers = to_headers(o.header);
  return plan;
}

}  // namespace sipvoice::app
