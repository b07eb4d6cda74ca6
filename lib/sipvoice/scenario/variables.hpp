// ${NAME} in the texts of a scenario.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "sipvoice/scenario/document.hpp"

namespace sipvoice::scenario {

/// A text that grows beyond this by its variables is a mistake.
inline constexpr std::size_t max_expanded = 64 * 1024;

class variables {
 public:
  variables(const surroundings& around) : around_(around) {}

  /// `vars:` of the file.
  void define(const std::string& name, std::string value) {
    of_file_.emplace(name, std::move(value));
  }
  /// Known only while it runs: stays in the text.
  void define_later(const std::string& name) { later_.insert(name); }
  [[nodiscard]] const std::set<std::string>& captured() const { return later_; }

  struct expanded {
    std::string text;
    bool waits = false;  ///< ${NAME} of a captured one is left in it
  };
  /// Every ${NAME} replaced, once: values are not looked through again. Nothing on a mistake; `why`
  /// says which name is not set, or what is wrong with it.
  [[nodiscard]] std::optional<expanded> expand(const std::string& text, std::string& why) const;

 private:
  [[nodiscard]] std::optional<std::string> value_of(const std::string& name) const;

  const surroundings& around_;
  std::map<std::string, std::string> of_file_;
  std::set<std::string> later_;
};

}  // namespace sipvoice::scenario
