#include "sipvoice/sip/params.hpp"

#include "sipvoice/base/text.hpp"
#include "sipvoice/sip/header.hpp"

namespace sipvoice::sip {

// quoted-string = SWS DQUOTE *(qdtext / quoted-pair) DQUOTE
std::size_t quoted_length(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  return 0;
}

param_step take_param(std::string_view& rest, param& out) {
  rest = skip_space(rest);
  if (rest.empty()) return param_step::end;
  if (rest.front() != ';') return param_step::malformed;
  rest = skip_space(rest.substr(1));
  const char* const begin = rest.data();

  std::size_t n = 0;
  while (n < rest.size() && is_token_char(rest[n])) ++n;
  if (n == 0) return param_step::malformed;
  out.name = rest.substr(0, n);
  out.value = rest.substr(n, 0);
  rest.remove_prefix(n);

  const char* end = rest.data();
  const std::string_view after = skip_space(rest);
  if (!after.empty() && after.front() == '=') {
    rest = skip_space(after.substr(1));
    if (!rest.empty() && rest.front() == '"') {
      n = quoted_length(rest);
      if (n == 0) return param_step::malformed;
    } else {
      n = 0;
      while (n < rest.size() && rest[n] != ';' && !is_space(rest[n]) && rest[n] != '"') ++n;
    }
    out.value = rest.substr(0, n);
    rest.remove_prefix(n);
    end = rest.data();
  }
  out.whole = std::string_view(begin, static_cast<std::size_t>(end - begin));
  return param_step::one;
}

bool params_are_readable(std::string_view text) {
  std::string_view ignored;
  return params_are_readable(text, {}, ignored);
}

bool params_are_readable(std::string_view text, std::string_view name, std::string_view& value) {
  param one;
  bool found = false;
  while (true) {
    const param_step step = take_param(text, one);
    if (step != param_step::one) return step == param_step::end;
    if (found || !iequals(one.name, name)) continue;
    found = true;
    value = one.value;
  }
}

std::optional<std::string_view> params_view::get(std::string_view name) const {
  std::string_view rest = text;
  param one;
  while (take_param(rest, one) == param_step::one)
    if (iequals(one.name, name)) return one.value;
  return std::nullopt;
}

}  // namespace sipvoice::sip
