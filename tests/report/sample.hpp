// Runs as they might have been: what the tests of reports look at, and what the page is shown with.
#pragma once

#include "sipvoice/scenario/report.hpp"

namespace test {

/// Two parties, one call with sound both ways, a reference that was found, digits, a little loss.
sipvoice::scenario::scenario_report passed_scenario();
/// The same call with a failure of that kind in it.
sipvoice::scenario::scenario_report failed_scenario(sipvoice::scenario::failure_kind kind);
sipvoice::scenario::scenario_report flaky_scenario();
sipvoice::scenario::scenario_report skipped_scenario();
/// Every text is what somebody would send who wants to break the reader of the report.
sipvoice::scenario::scenario_report hostile_scenario();
/// Four parties and an address outside, in a ladder of many columns.
sipvoice::scenario::scenario_report busy_scenario();
/// More of everything than fits a page.
sipvoice::scenario::scenario_report endless_scenario();

/// One of each.
sipvoice::scenario::run_report sample_run();
sipvoice::scenario::run_report run_of(std::vector<sipvoice::scenario::scenario_report> scenarios);

}  // namespace test
