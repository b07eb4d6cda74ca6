// --vars-csv: a run of the scenarios for each row of a table (RFC 4180).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sipvoice::app {

inline constexpr std::size_t max_variable_rows = 10'000;

/// The first line names the variables; each further one gives their values. Throws usage_error with
/// `file` and the line.
[[nodiscard]] std::vector<std::map<std::string, std::string>> parse_variable_rows(
    std::string_view text, const std::string& file);

}  // namespace sipvoice::app
