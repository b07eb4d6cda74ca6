// URI comparison, RFC 3261 section 19.1.4.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "sipvoice/base/address.hpp"
#include "sipvoice/base/text.hpp"
#include "sipvoice/sip/uri.hpp"

namespace sipvoice::sip {
namespace {

// URIs with more parameters or headers than this are equal only when they are the same text: each
// is compared with each.
constexpr std::size_t max_compared = 64;

// "Characters other than those in the reserved set are equivalent to their encoding": escapes of
// unreserved characters are decoded, others get upper-case digits.
std::string normal(std::string_view s) {
  std::string out;
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (s[i] != '%') {
      out += s[i];
      continue;
    }
    const std::string one = unescape(s.substr(i, 3));
    if (one.size() != 1) {
      out += s[i];
      continue;
    }
    constexpr std::string_view reserved = ";/?:@&=+$,%";
    if (reserved.find(one.front()) == std::string_view::npos) {
      out += one;
    } else {
      constexpr char hex[] = "0123456789ABCDEF";
      const auto byte = static_cast<unsigned char>(one.front());
      out += {'%', hex[byte >> 4], hex[byte & 15]};
    }
    i += 2;
  }
  return out;
}

using pairs = std::vector<std::pair<std::string, std::string>>;

pairs split(std::string_view text, char separator) {
  pairs out;
  while (!text.empty() && out.size() <= max_compared) {
    std::string_view value = take_until(text, separator);
    const std::string_view name = take_until(value, '=');
    if (!name.empty()) out.emplace_back(to_lower(normal(name)), normal(value));
  }
  return out;
}

const std::string* find(const pairs& all, std::string_view name) {
  const auto at =
      std::find_if(all.begin(), all.end(), [name](const auto& p) { return p.first == name; });
  return at == all.end() ? nullptr : &at->second;
}

// Parameters in both must match; these never match when they stand in one only.
bool counts_alone(std::string_view name) {
  return name == "user" || name == "ttl" || name == "method" || name == "maddr" ||
         name == "transport";
}

bool params_match(const pairs& a, const pairs& b) {
  return std::all_of(a.begin(), a.end(), [&b](const auto& p) {
    const std::string* other = find(b, p.first);
    return other ? iequals(*other, p.second) : !counts_alone(p.first);
  });
}

bool hosts_match(const uri& a, const uri& b) {
  if (a.host_is_v6 != b.host_is_v6) return false;
  if (!a.host_is_v6) return iequals(a.host, b.host);
  const auto x = ip_address::parse(a.host), y = ip_address::parse(b.host);
  return x && y ? *x == *y : iequals(a.host, b.host);
}

}  // namespace

bool equivalent(const uri& a, const uri& b) {
  if (a.text == b.text) return true;  // also where a name stands twice, which 19.1.1 forbids
  if (!iequals(a.scheme, b.scheme)) return false;
  if (!a.is_sip()) return a.text.substr(a.scheme.size()) == b.text.substr(b.scheme.size());
  if (normal(a.user) != normal(b.user) || normal(a.password) != normal(b.password) ||
      a.port != b.port || !hosts_match(a, b))
    return false;
  const pairs a_params = split(a.params, ';'), b_params = split(b.params, ';');
  pairs a_headers = split(a.headers, '&'), b_headers = split(b.headers, '&');
  if (std::max({a_params.size(), b_params.size(), a_headers.size(), b_headers.size()}) >
      max_compared)
    return a.params == b.params && a.headers == b.headers;
  std::sort(a_headers.begin(), a_headers.end());
  std::sort(b_headers.begin(), b_headers.end());
  return a_headers == b_headers && params_match(a_params, b_params) &&
         params_match(b_params, a_params);
}

}  // namespace sipvoice::sip
