// Conditions of routes against the headers of a call.
#include <algorithm>

#include "sipvoice/base/text.hpp"
#include "sipvoice/session/routes_model.hpp"

namespace sipvoice::session {

bool holds(const condition& c, const call::call_info& info) {
  if (iequals(c.name, "from")) return !info.from_uri.empty() && matches(c.value, info.from_uri);
  if (iequals(c.name, "to")) return !info.to_uri.empty() && matches(c.value, info.to_uri);
  const auto fits = [&c](const auto& header) {
    return iequals(header.first, c.name) && matches(c.value, header.second);
  };
  return std::any_of(info.x_headers.begin(), info.x_headers.end(), fits) ||
         std::any_of(info.headers.begin(), info.headers.end(), fits);
}

}  // namespace sipvoice::session
