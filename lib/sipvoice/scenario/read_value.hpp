// One value of a scenario, as its definition says. Private to `scenario`.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sipvoice/scenario/document.hpp"
#include "sipvoice/scenario/variables.hpp"

namespace sipvoice::scenario {

/// What the readers share: the mistakes, the variables, and who else is in the file.
class reading {
 public:
  reading(const std::string& of, const surroundings& in, std::vector<mistake>& to)
      : file(of), around(in), mistakes(to), names(in) {}

  void complain(place at, const std::string& text) {
    mistakes.push_back({file, at.line, at.column, text});
  }
  [[nodiscard]] bool is_party(std::string_view name) const;

  const std::string& file;
  const surroundings& around;
  std::vector<mistake>& mistakes;
  variables names;
  std::vector<std::string> parties;
};

/// Nothing on a mistake, which has been complained about. Not of `steps`.
[[nodiscard]] std::optional<argument_value> read_value(reading& in, const field& what,
                                                       const yaml_value& node);

/// A text with its variables; nothing (and a complaint) where it cannot be had.
[[nodiscard]] std::optional<variables::expanded> read_text(reading& in, std::string_view key,
                                                           const yaml_value& node);

}  // namespace sipvoice::scenario
