#include "sipvoice/sip/host.hpp"

#include <algorithm>

#include "sipvoice/base/text.hpp"

namespace sipvoice::sip {
namespace {

bool is_alpha(char c) { return to_lower(c) >= 'a' && to_lower(c) <= 'z'; }
bool is_name_char(char c) { return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_'; }
bool is_v6_char(char c) {
  return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'f') || c == ':' || c == '.';
}

}  // namespace

bool take_host(std::string_view& rest, std::string_view& host, bool& is_v6) {
  is_v6 = !rest.empty() && rest.front() == '[';
  if (is_v6) {
    const std::size_t close = rest.find(']');
    if (close == std::string_view::npos) return false;
    host = rest.substr(1, close - 1);
    rest.remove_prefix(close + 1);
    return std::count(host.begin(), host.end(), ':') >= 2 &&
           std::all_of(host.begin(), host.end(), is_v6_char);
  }
  std::size_t n = 0;
  while (n < rest.size() && is_name_char(rest[n])) ++n;
  host = rest.substr(0, n);
  rest.remove_prefix(n);
  return n > 0;
}

}  // namespace sipvoice::sip
