// JUnit XML of a run, as Jenkins, GitLab and GitHub actions read it (--junit): a testsuite a file,
// a testcase a scenario and row. A flaky scenario is a passed case with a word in its system-out.
#pragma once

#include <string>

#include "sipvoice/scenario/report.hpp"

namespace sipvoice::report {

/// Valid by the schema that Jenkins uses (junit-10.xsd), whatever stood in the messages.
[[nodiscard]] std::string report_junit(const scenario::run_report& run);

}  // namespace sipvoice::report
