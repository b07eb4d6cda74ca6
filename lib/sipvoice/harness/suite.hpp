// Many scenarios: side by side, again where they failed, each with its artifacts.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "sipvoice/harness/run.hpp"
#include "sipvoice/scenario/document.hpp"
#include "sipvoice/scenario/report.hpp"

namespace sipvoice::harness {

struct job {
  scenario::document document;
  std::string row;  ///< of --vars-csv: "row 3"; empty: none
};

struct suite_settings {
  bool simulate = false;
  std::uint64_t seed = 1;  ///< of every scenario alike, so that one alone runs as it did among many
  unsigned jobs = 1;       ///< at a time
  unsigned retries = 0;    ///< of a scenario that failed; one that passes then is flaky
  bool with_sounds = false;
  std::string artifacts;  ///< a folder; each failed scenario gets one of its own in it; empty: none
  device::speech_settings speech;
  const std::atomic<bool>* interrupted = nullptr;
  /// Told as it goes, one at a time, on whatever thread.
  std::function<void(const job&)> started;
  std::function<void(const job&, const scenario::step_report&, const std::string& party)> step;
  std::function<void(const scenario::scenario_report&)> finished;
};

/// In the order of the jobs, however they ended. What an interrupt kept from running has failed.
[[nodiscard]] std::vector<scenario::scenario_report> run_suite(const std::vector<job>& jobs,
                                                               const suite_settings& settings);

}  // namespace sipvoice::harness
