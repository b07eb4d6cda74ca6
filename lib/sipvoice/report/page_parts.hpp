// The parts of the page of a run. Each appends its HTML; `number` makes the names of a scenario's
// elements unique: "s3-m12". No element has a style of its own: the page's policy forbids it, so
// places are percentages in SVG attributes, and the page is as wide as its window.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sipvoice/scenario/report.hpp"

namespace sipvoice::report {

/// How much of a scenario is shown, so that the page stays small enough to be opened.
struct page_limits {
  std::size_t peaks = 1200;  ///< of one sound
  std::size_t message_bytes = 4'000'000, messages = 2000;
  std::size_t steps = 4000;  ///< of one party
  std::size_t log_lines = 4000, calls = 200, digits = 400, parties = 200;
  /// For a section that should have about so many bytes.
  [[nodiscard]] static page_limits for_bytes(std::size_t bytes, const scenario::scenario_report& s);
};

/// The time of a scenario from the left edge of its plots to the right one.
class time_scale {
 public:
  explicit time_scale(const scenario::scenario_report& s);
  [[nodiscard]] double total_ms() const { return total_; }
  [[nodiscard]] double share(double ms) const;         ///< 0 to 1; what is outside is at the edge
  [[nodiscard]] std::string percent(double ms) const;  ///< "12.34%"
  /// The row with the marks; later tracks refer to its grid.
  void put_axis(std::string& out, std::size_t number) const;

 private:
  double total_ = 1;
};

/// Opens an <svg> of a row with its grid lines; `height` in pixels.
void put_track(std::string& out, std::size_t number, int height, std::string_view label);
/// "<b>name</b> value" in a list of facts; the value is escaped here, the name is ours.
void put_fact(std::string& out, std::string_view name, std::string_view value);

void put_overview(std::string& out, const scenario::run_report& run,
                  const std::vector<bool>& has_section);
void put_scenario(std::string& out, const scenario::scenario_report& s, std::size_t number,
                  const page_limits& limits);

void put_steps(std::string& out, const scenario::scenario_report& s, std::size_t number,
               const time_scale& scale, const page_limits& limits);
void put_ladder(std::string& out, const scenario::scenario_report& s, std::size_t number,
                const page_limits& limits);
void put_calls(std::string& out, const scenario::scenario_report& s, std::size_t number,
               const time_scale& scale, const page_limits& limits);

/// Rows of one call: what was sent, what was heard, the references that were looked for in it.
void put_sounds(std::string& out, const scenario::call_report& c, std::size_t number,
                const time_scale& scale, const page_limits& limits);
/// Rows of one call: digits, jitter and loss.
void put_digits(std::string& out, const scenario::call_report& c, std::size_t number,
                const time_scale& scale, const page_limits& limits);
void put_quality(std::string& out, const scenario::call_report& c, std::size_t number,
                 const time_scale& scale);

/// What stands between <style> and </style>, and between <script> and </script>; and the digests
/// by which the page's policy knows them: "sha256-...".
[[nodiscard]] std::string_view page_style();
[[nodiscard]] std::string_view page_style_digest();
[[nodiscard]] std::string_view page_script();
[[nodiscard]] std::string_view page_script_digest();

}  // namespace sipvoice::report
