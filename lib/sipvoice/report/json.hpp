// The JSON report of a run: spec of --json. Fields are a contract: add, never rename.
#pragma once

#include <string>

#include "sipvoice/scenario/report.hpp"

namespace sipvoice::report {

/// Indented, with a line end. The same run gives the same bytes; times and measures have three
/// decimals; valid UTF-8 whatever stood in the messages.
[[nodiscard]] std::string report_json(const scenario::run_report& run);

}  // namespace sipvoice::report
