// What is to be done with one call: the common language of options, routes and (later) scenarios.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sipvoice/base/time.hpp"
#include "sipvoice/call/endpoint.hpp"
#include "sipvoice/session/prompt_source.hpp"

namespace sipvoice::session {

/// What follows the last prompt.
enum class then_action : std::uint8_t { hangup, stay, echo };

struct reject_plan {
  int status = 486;
  std::string reason;  ///< empty: the standard phrase
};

struct call_plan {
  std::optional<reject_plan> reject;  ///< set: nothing else matters
  /// An application answers and ends the call: nothing is done of itself.
  bool controlled = false;
  duration ring{};                  ///< 180 first, and so long; zero: answered at once
  std::vector<prompt_source> play;  ///< files and texts, in order
  bool loop = false;
  bool echo = false;
  bool silence = false;
  /// Microphone and speaker of this sound card: "default", a number or a name.
  std::optional<std::string> live;
  std::optional<std::string> record;    ///< template of the file name
  std::optional<std::string> waveform;  ///< template of the SVG that shows the recording
  bool stereo = false;
  duration max_duration{};     ///< of the recording; zero: none
  bool capture_heard = false;  ///< keep what was heard in memory (--expect-audio), bounded
  std::string dtmf;            ///< digits sent from the answer on
  bool vad = false;            ///< tell speech_started and speech_stopped
  bool barge_in = false;       ///< the caller's speech ends every prompt; includes vad
  std::optional<media::digit_method> dtmf_method;  ///< nothing: as was negotiated
  duration hangup_after{};                         ///< from the answer; zero: none
  std::string hangup_on;                           ///< digit sequence that ends the call
  /// SIP URI to which the peer is sent when prompts and digits are out, or at once.
  std::optional<std::string> transfer;
  /// With `transfer`: that is called by us first (this request), while the peer is on hold; once it
  /// has answered, the peer is sent to take our place there (attended, RFC 5589 section 7).
  std::shared_ptr<const call::dial_request> consult;
  std::optional<then_action> then;  ///< nothing: hangup when something is played, else stay
  call::header_list headers;        ///< on the 2xx
};

}  // namespace sipvoice::session
