#include "sipvoice/sip/host.hpp"

#include <algorithm>
#include <array>

#include "sipvoice/base/text.hpp"

namespace sipvoice::sip {
namespace {

constexpr std::array<bool, 256> make_name_table() {
  std::array<bool, 256> table{};
  for (char c = '0'; c <= '9'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (char c = 'a'; c <= 'z'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (char c = 'A'; c <= 'Z'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (const char c : {'-', '.', '_'}) table[static_cast<unsigned char>(c)] = true;
  return table;
}
constexpr auto name_table = make_name_table();
bool is_name_char(char c) { return name_table[static_cast<unsigned char>(c)]; }
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
