// What the manual and the completions need to know of an option, read from CLI11's definition.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace sipvoice::app {

/// What stands behind an option.
enum class value_kind : std::uint8_t {
  none,          ///< a switch
  words,         ///< one of a few: "udp|tcp|tls"
  file,          ///< the name of a file
  free,          ///< something that only the user knows
  free_or_none,  ///< the same, and only behind '='
};

struct option_words {
  std::vector<std::string> names;  ///< with their dashes, short ones first
  std::string type;                ///< as the help shows it; empty for a switch
  std::string help;
  value_kind kind = value_kind::none;
  std::vector<std::string> words;  ///< of value_kind::words
  bool repeatable = false;
};

[[nodiscard]] option_words words_of(const CLI::Option& option);

/// The options of that group, or of all groups (nullptr), in the order in which they were declared.
[[nodiscard]] std::vector<option_words> options_of(const CLI::App& app, const std::string* group);
[[nodiscard]] std::vector<const CLI::Option*> positionals_of(const CLI::App& app);
[[nodiscard]] std::vector<const CLI::App*> commands_of(const CLI::App& app);

/// Every `what` in the text replaced.
[[nodiscard]] std::string replaced(std::string text, const std::string& what,
                                   const std::string& by);

}  // namespace sipvoice::app
