// RFC 3891 section 6.1:
//
//   Replaces       = "Replaces" HCOLON callid *(SEMI replaces-param)
//   replaces-param = to-tag / from-tag / early-flag / generic-param
//   to-tag         = "to-tag" EQUAL token
//   from-tag       = "from-tag" EQUAL token
//   early-flag     = "early-only"
//
// Exactly one to-tag and exactly one from-tag. A comma in it would be a second value, which no
// request may have (section 3).
#include "sipvoice/sip/replaces.hpp"

#include "sipvoice/base/text.hpp"
#include "sipvoice/sip/params.hpp"

namespace sipvoice::sip {
namespace {

// callid = word [ "@" word ] ; `word` adds ( ) < > : \ " / [ ] ? { } to the characters of a token.
bool is_call_id(std::string_view s) {
  for (const char c : s)
    if (!is_token_char(c) && std::string_view("()<>:\\\"/[]?{}@").find(c) == std::string_view::npos)
      return false;
  return !s.empty();
}

/// False when the tag stands for the second time or is no token.
bool take_tag(std::string& tag, std::string_view value) {
  if (!tag.empty() || !is_token(value)) return false;
  tag = value;
  return true;
}

}  // namespace

result<replaces> replaces::parse(std::string_view value) {
  if (value.size() > max_size) return failure{"Replaces that is too long", max_size};
  std::string_view rest = trim(value);
  const std::size_t semicolon = rest.find(';');
  replaces out;
  out.call_id = trim(rest.substr(0, semicolon));
  if (!is_call_id(out.call_id)) return failure{"Replaces without a readable Call-ID", 0};
  rest = semicolon == std::string_view::npos ? std::string_view{} : rest.substr(semicolon);

  param one;
  while (true) {
    const std::size_t at = value.size() - rest.size();
    const param_step step = take_param(rest, one);
    if (step == param_step::end) break;
    if (step == param_step::malformed) return failure{"Replaces with unreadable parameters", at};
    if (iequals(one.name, "to-tag")) {
      if (!take_tag(out.to_tag, one.value)) return failure{"Replaces with a wrong to-tag", at};
    } else if (iequals(one.name, "from-tag")) {
      if (!take_tag(out.from_tag, one.value)) return failure{"Replaces with a wrong from-tag", at};
    } else if (iequals(one.name, "early-only")) {
      out.early_only = true;
    }
  }
  if (out.to_tag.empty() || out.from_tag.empty()) return failure{"Replaces without both tags", 0};
  return out;
}

std::string replaces::print() const {
  std::string s = call_id + ";to-tag=" + to_tag + ";from-tag=" + from_tag;
  if (early_only) s += ";early-only";
  return s;
}

}  // namespace sipvoice::sip
