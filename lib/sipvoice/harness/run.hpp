// One scenario, from its document to its report: over sockets, or in a simulated world on a virtual
// clock. Both drive the same runner over the same protocol code.
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "sipvoice/device/speech.hpp"
#include "sipvoice/scenario/document.hpp"
#include "sipvoice/scenario/report.hpp"

namespace sipvoice::harness {

struct run_settings {
  std::uint64_t seed = 0;
  std::string row;           ///< of --vars-csv, for the report
  bool with_sounds = false;  ///< outlines of all sound (HTML)
  /// What is kept of a failed run goes here: a capture a party, the sound of each call, the log.
  /// Empty: nothing is. The folder is made, and removed again when the scenario has passed.
  std::string artifacts;
  device::speech_settings speech;
  /// Told of steps as they begin and end, on the thread of the run.
  std::function<void(const std::string& party, const scenario::step_report&)> watch;
  /// Set from another thread: the run ends in order.
  const std::atomic<bool>* interrupted = nullptr;
};

/// Blocks while it runs. A station that cannot start (port in use) is a failure of kind signalling
/// of its party.
[[nodiscard]] scenario::scenario_report run_over_sockets(const scenario::document& d,
                                                         const run_settings& settings);
/// Needs no wall time; the same seed gives the same report. A document that leaves() is skipped.
[[nodiscard]] scenario::scenario_report run_simulated(const scenario::document& d,
                                                      const run_settings& settings);

}  // namespace sipvoice::harness
