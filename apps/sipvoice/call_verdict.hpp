// How a placed call went: the last line of `call` and its exit code.
#pragma once

#include <optional>
#include <string>

#include "sipvoice/audio/compare.hpp"
#include "sipvoice/base/time.hpp"
#include "sipvoice/session/engine.hpp"

namespace sipvoice::app {

/// What the command was asked for.
struct call_expectation {
  duration length{};                       ///< --duration; zero: none
  bool wants_to_hear = false;              ///< --record or --expect-audio
  std::string audio_file;                  ///< of --expect-audio; empty: none
  std::string transfer;                    ///< --transfer; empty: none
  std::optional<audio::comparison> audio;  ///< what came of it
};

struct call_verdict {
  bool passed = false;
  std::string line;  ///< "call answered, 3.2 s, ended by remote (hangup); audio both"
};

[[nodiscard]] call_verdict judge(const session::call_record& record,
                                 const call_expectation& expected);

}  // namespace sipvoice::app
