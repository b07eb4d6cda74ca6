#include "sipvoice/scenario/variables.hpp"

#include <algorithm>
#include <vector>

#include "sipvoice/base/text.hpp"

namespace sipvoice::scenario {
namespace {

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return is_digit(c) || c == '_' || c == '-' || c == '.' ||
           (to_lower(c) >= 'a' && to_lower(c) <= 'z');
  });
}

}  // namespace

std::optional<std::string> variables::value_of(const std::string& name) const {
  if (const auto given = around_.variables.find(name); given != around_.variables.end())
    return given->second;
  if (const auto own = of_file_.find(name); own != of_file_.end()) return own->second;
  return around_.environment ? around_.environment(name) : std::nullopt;
}

std::optional<variables::expanded> variables::expand(const std::string& text,
                                                     std::string& why) const {
  expanded out;
  std::size_t from = 0;
  for (std::size_t at; (at = text.find("${", from)) != std::string::npos;) {
    out.text.append(text, from, at - from);
    const std::size_t end = text.find('}', at);
    const std::string name = end == std::string::npos ? "" : text.substr(at + 2, end - at - 2);
    if (!is_name(name)) {
      why = "'" + printable(text.substr(at, 20)) + "' is no variable; write ${NAME}";
      return std::nullopt;
    }
    if (later_.contains(name)) {
      out.waits = true;
      out.text.append(text, at, end + 1 - at);
    } else if (auto known = value_of(name)) {
      out.text += *known;
    } else {
      std::vector<std::string_view> names(later_.begin(), later_.end());
      for (const auto& [own, value] : of_file_) names.push_back(own);
      for (const auto& [given, value] : around_.variables) names.push_back(given);
      why = "${" + name + "} is not set" + session::suggestion(name, names) +
            (names.empty() ? "; set it by --var " + name +
                                 "=VALUE, by vars: of the file, or in the environment"
                           : "");
      return std::nullopt;
    }
    if (out.text.size() > max_expanded) {
      why = "the text is longer than " + std::to_string(max_expanded) + " bytes with its variables";
      return std::nullopt;
    }
    from = end + 1;
  }
  out.text.append(text, from);
  return out;
}

}  // namespace sipvoice::scenario
