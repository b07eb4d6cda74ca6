// What a text from a call is held against, in routes and scenarios: the whole text, any text, or a
// regular expression searched for anywhere in it.
#pragma once

#include <cstdint>
#include <optional>
#include <regex>
#include <string>
#include <string_view>

namespace sipvoice::session {

/// Longer values never match a regular expression, longer expressions are refused.
inline constexpr std::size_t max_regex_subject = 256;
inline constexpr std::size_t max_regex_text = 256;

struct pattern {
  enum class kind : std::uint8_t { exact, present, regex };
  kind how = kind::exact;
  std::string text;
  std::regex expression;
};
/// "*", "/regex/", "/regex/i", or exact text. Nothing on a mistake; `why` says what to do.
[[nodiscard]] std::optional<pattern> parse_pattern(std::string_view text, std::string& why);
[[nodiscard]] bool matches(const pattern& p, std::string_view value);

}  // namespace sipvoice::session
