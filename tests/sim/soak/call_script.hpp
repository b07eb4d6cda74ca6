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

/// What one side does in the middle of a call that is up.
struct step {
  enum class kind : std::uint8_t {
    hold,
    resume,
    codec,       ///< the other codec is preferred from now on
    late_offer,  ///< a re-INVITE without an offer
    info,        ///< a digit in an INFO
    message,     ///< a text of one letter in a MESSAGE
    transfer,    ///< the other side is sent to the third party, where script `other` waits
    attended     ///< the other side takes this side's place in the call of script `other`
  };
  kind what = kind::hold;
  bool by_caller = true;
  duration after{};  ///< this side's call_answered
  char symbol = '0';
  unsigned other = 0;
};

/// One call, from both sides. Durations count from what they name.
struct call_script {
  unsigned number = 0;
  bool referred = false;            ///< dialled by nobody: whom a transfer leads here follows it
  unsigned caller = 0, called = 1;  ///< parties
  duration dialled_after{};         ///< from the batch's beginning
  duration answer_timeout{};
  std::optional<duration> gives_up;  ///< the caller hangs up so long after dialling
  reaction callee = reaction::answer;
  bool rings = false, early_media = false;
  duration reacts_after{};  ///< from call_incoming
  int refusal = 486;
  bool regrets = false;  ///< the callee hangs up right behind its 200, before the ACK
  std::optional<duration> caller_stays, callee_stays;  ///< each from its own call_answered
  std::string digits;                                  ///< the caller sends, where there are media
  bool tcp = false, late_offer = false, wrong_password = false;
  std::vector<step> steps;
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

/// One world: three parties, the network between them, the calls. Parties 0 and 1 call each other
/// and now and then party 2, to which they also transfer.
struct batch_script {
  static constexpr unsigned parties = 3;
  enum class challenge : std::uint8_t {
    none,
    by_callee,  ///< the endpoint of `guarded` asks who calls (401)
    on_the_way  ///< a proxy before it asks (407), of INVITE, BYE, REFER, INFO and MESSAGE
  };
  sim::impairment forth, back;  ///< from a party to those behind it, and back
  std::vector<outage> outages;
  std::size_t max_sessions = 0;  ///< of both endpoints; 0: no limit
  unsigned port_pairs = 5000;    ///< of each
  challenge asks = challenge::none;
  unsigned guarded = 0;
  bool tcp = false;                    ///< everybody listens on it; some calls use it
  bool reliable_provisionals = false;  ///< else none
  duration session_expires{};          ///< that everybody asks for
  duration min_se[parties]{};          ///< that each accepts
  /// Behind those that are dialled: one for each transfer, and one for calls that name none.
  std::vector<call_script> calls;
};

/// No call of a script lasts longer: a side that hears nothing more hangs up then.
inline constexpr duration longest_call = std::chrono::seconds(100);

/// `loss`: the same in both directions; nothing: drawn too, 0..30 %.
[[nodiscard]] batch_script draw_batch(random_source& random, unsigned calls,
                                      std::optional<double> loss);

}  // namespace soak
