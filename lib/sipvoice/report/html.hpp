// The page of a run (--html): one file that a browser opens from a disk, without any network.
//
// Nothing in it comes from elsewhere: its policy (Content-Security-Policy) forbids all but its own
// style and script, known by their digests, so what a peer has sent cannot run even if it were not
// escaped. Without scripts the page is complete: they only make it handier.
#pragma once

#include <string>

#include "sipvoice/scenario/report.hpp"

namespace sipvoice::report {

/// About 16 MB at most, however much happened: with more scenarios the outlines of sounds become
/// coarser, then texts of messages, steps and log lines of the longest scenarios are left out, and
/// the page says so where it does.
[[nodiscard]] std::string report_html(const scenario::run_report& run);

}  // namespace sipvoice::report
