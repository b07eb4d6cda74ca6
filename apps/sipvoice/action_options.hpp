// Audio actions: what is done with a call, from options to a plan.
#pragma once

#include <string>
#include <vector>

#include "command_line.hpp"
#include "sipvoice/device/speech.hpp"
#include "sipvoice/session/plan.hpp"

namespace sipvoice::app {

/// As they were typed; empty: not given.
struct action_options {
  std::vector<std::string> play, say, header;
  std::vector<std::string> sound_order;  ///< "--play" or "--say" for each of their items
  bool loop = false, echo = false, silence = false, stereo = false;
  std::string waveform;
  std::string reject, record, max_duration, dtmf, dtmf_method, ring, hangup_after, hangup_on, then,
      calls;
  std::string length_option = "--hangup-after";  ///< as the command calls it first
  std::string voice, tts_command, live;
};

/// --play, --say, --loop, --echo, --silence, --then: what the peer hears.
void declare_sound(option_set& set, action_options& options);
/// --live: microphone and speaker.
void declare_live(option_set& set, action_options& options);
/// --voice, --tts-command: who speaks.
void declare_speech(option_set& set, action_options& options);
/// --stereo, --waveform, --max-duration beside `names` of the recording.
void declare_recording(option_set& set, action_options& options, const std::string& names,
                       const std::string& default_text);
/// --dtmf, --dtmf-method, --hangup-after, --hangup-on.
void declare_length(option_set& set, action_options& options, const std::string& hangup_after);
/// --ring, --header, --calls: of commands that take calls.
void declare_inbound(option_set& set, action_options& options);

/// The plan that the options describe, checked; files are not opened yet. Without an action: an
/// empty plan (silence).
[[nodiscard]] session::call_plan to_plan(const action_options& options);
/// Who speaks what --say and routes say.
[[nodiscard]] device::speech_settings to_speech(const action_options& options);
/// How many of --play or --say, --live, --echo, --silence and --reject were given.
[[nodiscard]] int actions_given(const action_options& options);

}  // namespace sipvoice::app
