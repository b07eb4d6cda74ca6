// What chance decides, drawn before anything happens: so a seed says everything about a batch.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sipvoice/base/random.hpp"
#include "sipvoice/sim/link.hpp"

namespace soak {

using namespace sipvoice;

/// What the called side does with a call.
enum class reaction : std::uint8_t { answer, reject, ignore };

/// One call, from both sides. Durations count from what they name.
struct call_script {
  unsigned number = 0;
  unsigned caller = 0;       ///< which of the two parties dials
  duration dialled_after{};  ///< from the batch's beginning
  duration answer_timeout{};
  std::optional<duration> gives_up;  ///< the caller hangs up so long after dialling
  reaction callee = reaction::answer;
  bool rings = false, early_media = false;
  duration reacts_after{};  ///< from call_incoming
  int refusal = 486;
  bool regrets = false;  ///< the callee hangs up right behind its 200, before the ACK
  std::optional<duration> caller_stays, callee_stays;  ///< each from its own call_answered
  std::string digits;                                  ///< the caller sends, where there are media
};

/// The machine of one party is out of reach, or loses its power.
struct outage {
  enum class kind : std::uint8_t {
    deaf,     ///< what is sent to it is lost
    mute,     ///< what it sends is lost
    cut_off,  ///< both
    crash     ///< the process is gone with all its calls; another starts at once
  };
  kind what = kind::cut_off;
  unsigned party = 0;
  duration begins{};
  duration lasts{};  ///< not of a crash
};

/// One world: two parties, the network between them, the calls.
struct batch_script {
  sim::impairment forth, back;  ///< from party 0 to party 1, and back
  std::vector<outage> outages;
  std::size_t max_sessions = 0;  ///< of both endpoints; 0: no limit
  unsigned port_pairs = 5000;    ///< of each
  std::vector<call_script> calls;
};

/// No call of a script lasts longer: a side that hears nothing more hangs up then.
inline constexpr duration longest_call = std::chrono::seconds(100);

/// `loss`: the same in both directions; nothing: drawn too, 0..30 %.
[[nodiscard]] batch_script draw_batch(random_source& random, unsigned calls,
                                      std::optional<double> loss);

}  // namespace soak
