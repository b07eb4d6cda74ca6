// Audio actions: what is done with a call, from options to a plan.
#pragma once

#include <string>
#include <vector>

#include "command_line.hpp"
#include "sipvoice/session/plan.hpp"

namespace sipvoice::app {

/// As they were typed; empty: not given.
struct action_options {
  std::vector<std::string> play, header;
  bool loop = false, echo = false, silence = false, stereo = false;
  std::string waveform;
  std::string reject, record, max_duration, dtmf, dtmf_method, ring, hangup_after, hangup_on, then,
      calls;
};

/// --play, --loop, --echo, --silence, --then: what the peer hears.
void declare_sound(option_set& set, action_options& options);
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
/// How many of --play, --echo, --silence and --reject were given.
[[nodiscard]] int actions_given(const action_options& options);

}  // namespace sipvoice::app
