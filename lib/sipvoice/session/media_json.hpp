// What the media of a call was, as JSON: `media` of call_ended and of the report of a run.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "sipvoice/media/values.hpp"

namespace sipvoice::session {

/// Three decimals: what is measured in milliseconds is not known better than microseconds.
[[nodiscard]] nlohmann::ordered_json json_number(double value);

/// `codec`: as in --codecs, of what we sent; empty: not known, which is null.
[[nodiscard]] nlohmann::ordered_json media_object(const media::media_statistics& s,
                                                  std::string_view codec);

}  // namespace sipvoice::session
