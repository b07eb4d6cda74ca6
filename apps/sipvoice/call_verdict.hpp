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
  std::string what = "call answered";      ///< how the line begins
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

/// Reads the file of --expect-audio before the call, so that a wrong one costs no call. Throws
/// usage_error.
void check_reference(const std::string& file);
/// Compares, prints the last line, and returns the exit code. Without a record the process was
/// interrupted twice or ran out of its grace.
[[nodiscard]] int conclude(const std::optional<session::call_record>& record,
                           call_expectation expected, bool events_on_stdout);

}  // namespace sipvoice::app
