// The options file (--config): `option = value` lines, [command] sections, in the simple part of
// TOML. Read by hand rather than by CLI11, so that a mistake is told with its line and column.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sipvoice::app {

struct config_item {
  std::string section;  ///< the command, or empty: for every command that has the option
  std::string key;      ///< the option without its dashes
  std::vector<std::string> values;
  int line = 0, column = 0;  ///< of the key, from 1
};

/// Values: "text with \" escapes", 'text as it stands', bare words, and [lists, of, them] on one
/// line; comments begin with '#'. Throws usage_error.
[[nodiscard]] std::vector<config_item> parse_config(std::string_view text, const std::string& file);
/// Reads and parses. Throws usage_error.
[[nodiscard]] std::vector<config_item> read_config(const std::string& file);

}  // namespace sipvoice::app
