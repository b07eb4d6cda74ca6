#include "sipvoice/scenario/report.hpp"

#include <algorithm>

namespace sipvoice::scenario {

const char* name_of(verdict v) {
  switch (v) {
    case verdict::passed:
      return "passed";
    case verdict::failed:
      return "failed";
    case verdict::flaky:
      return "flaky";
    case verdict::skipped:
      break;
  }
  return "skipped";
}

const char* name_of(failure_kind k) {
  switch (k) {
    case failure_kind::signalling:
      return "signalling";
    case failure_kind::media:
      return "media";
    case failure_kind::time:
      break;
  }
  return "time";
}

const char* name_of(step_result r) {
  switch (r) {
    case step_result::passed:
      return "passed";
    case step_result::failed:
      return "failed";
    case step_result::stopped:
      return "stopped";
    case step_result::not_run:
      break;
  }
  return "not_run";
}

std::size_t run_report::count(verdict v) const {
  return static_cast<std::size_t>(std::count_if(
      scenarios.begin(), scenarios.end(), [v](const scenario_report& s) { return s.result == v; }));
}

}  // namespace sipvoice::scenario
