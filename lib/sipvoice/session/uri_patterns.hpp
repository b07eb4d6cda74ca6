// Patterns that choose URIs (--allow-refer), in the language of routes: the whole URI without
// parameters, "/regex/" searched for anywhere in it, or "*" for every URI.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace sipvoice::session {

/// True of a URI that one of the patterns fits. Empty when a pattern cannot be read; `why` then
/// says what is wrong with it. Without patterns nothing fits.
[[nodiscard]] std::function<bool(const std::string& uri)> make_uri_matcher(
    const std::vector<std::string>& patterns, std::string& why);

}  // namespace sipvoice::session
