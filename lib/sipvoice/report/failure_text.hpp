// A failure in words, as the terminal and JUnit tell it; readable, whatever a peer has sent.
#pragma once

#include <string>
#include <vector>

#include "sipvoice/scenario/report.hpp"

namespace sipvoice::report {

/// "A caller hears the prompt (row 3)".
[[nodiscard]] std::string title_of(const scenario::scenario_report& s);

/// "media: caller: expect_audio (ivr.yaml:14): expected ..., seen ...".
[[nodiscard]] std::string failure_in_a_line(const scenario::scenario_report& s);

/// Without a title: where, what was expected and seen, the last messages as a ladder, artifacts.
/// Lines of the ladder are at most `width` columns; what was expected and seen is never cut there.
[[nodiscard]] std::vector<std::string> failure_lines(const scenario::scenario_report& s,
                                                     std::size_t width);

}  // namespace sipvoice::report
