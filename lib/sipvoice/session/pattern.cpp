#include "sipvoice/session/pattern.hpp"

#include "sipvoice/base/text.hpp"

namespace sipvoice::session {

namespace {

// The polynomial executor of libstdc++ neither recurses nor backtracks: a header that was made for
// it cannot make "/^(a+)+$/" run for hours. It has no back-references, and says so.
#ifdef __GLIBCXX__
constexpr auto bounded = std::regex::ECMAScript | std::regex_constants::__polynomial;
#else
constexpr auto bounded = std::regex::ECMAScript;
#endif

std::string fault_of(std::regex_constants::error_type code, std::string_view body) {
  using namespace std::regex_constants;
  if (code == error_brack) return "a [ without its ]";
  // libstdc++ also says so of whatever it did not expect at the outermost level.
  if (code == error_paren && body.find_first_of("()") == std::string_view::npos)
    return "something stands where it cannot, such as a * with nothing before it";
  if (code == error_paren) return "a ( without its )";
  if (code == error_brace || code == error_badbrace) return "a wrong {repetition}";
  if (code == error_badrepeat) return "a * + or ? with nothing before it";
  if (code == error_escape) return "an unknown escape after a backslash";
  if (code == error_range) return "a range that runs backwards";
  if (code == error_backref || code == error_complexity) return "back-references are not supported";
  if (code == error_space) return "it is too large";
  return "it cannot be read";
}

}  // namespace

std::optional<pattern> parse_pattern(std::string_view text, std::string& why) {
  pattern p;
  p.text = text;
  if (text.empty()) {
    why = "the value is empty; write \"*\" for 'present'";
    return std::nullopt;
  }
  if (text == "*") p.how = pattern::kind::present;
  if (text.front() != '/') return p;
  const bool any_case = text.size() > 2 && text.substr(text.size() - 2) == "/i";
  const std::string_view body =
      text.substr(1, text.size() - (any_case ? 3 : std::min<std::size_t>(2, text.size())));
  if (text.size() < 3 || (!any_case && text.back() != '/') || body.empty()) {
    why = "'" + printable(text) + "' begins like a regular expression; write it as \"/regex/\"";
    return std::nullopt;
  }
  if (body.size() > max_regex_text) {
    why = "a regular expression of more than " + std::to_string(max_regex_text) + " bytes";
    return std::nullopt;
  }
  try {
    p.how = pattern::kind::regex;
    p.expression.assign(body.begin(), body.end(), any_case ? bounded | std::regex::icase : bounded);
  } catch (const std::regex_error& e) {
    why = "'" + printable(text) + "' is no regular expression: " + fault_of(e.code(), body);
    return std::nullopt;
  }
  return p;
}

bool matches(const pattern& p, std::string_view value) {
  switch (p.how) {
    case pattern::kind::present:
      return true;
    case pattern::kind::exact:
      return value == p.text;
    case pattern::kind::regex:
      break;
  }
  return value.size() <= max_regex_subject &&
         std::regex_search(value.begin(), value.end(), p.expression);
}

}  // namespace sipvoice::session
