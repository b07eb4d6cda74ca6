// What `run` says to a person: a line for each scenario as it runs, a block for each failure, the
// table at the end. Text of peers is made readable: no escape sequence of theirs gets through.
#pragma once

#include <cstddef>
#include <string>

#include "sipvoice/scenario/report.hpp"

namespace sipvoice::report {

struct terminal_style {
  /// Whether the caller wants colours: it knows whether this is a terminal, and NO_COLOR.
  bool colour = false;
  std::size_t width = 80;  ///< columns; 40 at least
};

/// "running  NAME": of a scenario that goes on. Without a line end, so that it can be replaced.
[[nodiscard]] std::string running_line(const std::string& name, const std::string& row,
                                       const terminal_style& style);
/// "passed   NAME   2.310 s", with a line end.
[[nodiscard]] std::string progress_line(const scenario::scenario_report& s,
                                        const terminal_style& style);
/// Of a failed scenario: its name, file:line, party, step and kind, expected and seen, the ladder.
[[nodiscard]] std::string failure_block(const scenario::scenario_report& s,
                                        const terminal_style& style);
/// A line for each scenario and the sums. Bounded: of more than 200 scenarios those that passed are
/// only counted.
[[nodiscard]] std::string closing_table(const scenario::run_report& run,
                                        const terminal_style& style);
/// All failure blocks, then the table: what stands below a run that is over.
[[nodiscard]] std::string report_terminal(const scenario::run_report& run,
                                          const terminal_style& style);

}  // namespace sipvoice::report
