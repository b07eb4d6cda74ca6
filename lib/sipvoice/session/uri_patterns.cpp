#include "sipvoice/session/uri_patterns.hpp"

#include <algorithm>
#include <memory>

#include "sipvoice/session/pattern.hpp"

namespace sipvoice::session {

std::function<bool(const std::string& uri)> make_uri_matcher(
    const std::vector<std::string>& patterns, std::string& why) {
  auto list = std::make_shared<std::vector<pattern>>();
  for (const std::string& text : patterns) {
    auto one = parse_pattern(text, why);
    if (!one) return {};
    list->push_back(std::move(*one));
  }
  return [list](const std::string& uri) {
    return std::any_of(list->begin(), list->end(),
                       [&uri](const pattern& p) { return matches(p, uri); });
  };
}

}  // namespace sipvoice::session
