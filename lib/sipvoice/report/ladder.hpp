// The messages of a scenario as a ladder: who stands in which column, and what is written on an
// arrow. Drawn as text here (terminal, JUnit), as SVG in page_ladder.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sipvoice/scenario/report.hpp"

namespace sipvoice::report {

/// What a message is, for its colour.
enum class message_kind : std::uint8_t {
  request,
  provisional,
  success,
  redirection,
  refusal,
  other
};

struct message_title {
  message_kind kind = message_kind::other;
  std::string text;  ///< readable: "INVITE", "200 OK (BYE)", "17 bytes"
};
[[nodiscard]] message_title title_of(const scenario::message_report& m);

/// Who sends or receives one of the messages from `first` on, in the order in which they come in
/// the whole scenario: who begins it stands at the left. Past max_columns everybody is in the last
/// column, "elsewhere".
struct ladder_columns {
  static constexpr std::size_t max_columns = 24;
  std::vector<std::string> names;  ///< as in the report: not readable yet
  [[nodiscard]] std::size_t of(const std::string& name) const;
};
[[nodiscard]] ladder_columns columns_of(const scenario::scenario_report& s, std::size_t first);

/// The last `count` messages with their times, a line each and one of names above; at most `width`
/// columns of a terminal wide (40 at least). Empty: there was no message.
///
///             caller                ivr
///     0.001 s |------- INVITE ------>|
///     0.213 s |<--- 200 OK (INVITE) -|
[[nodiscard]] std::vector<std::string> ladder_lines(const scenario::scenario_report& s,
                                                    std::size_t count, std::size_t width);

}  // namespace sipvoice::report
