// Between the values of the API and those of the inside.
#pragma once

#include <optional>
#include <string>

#include "sipvoice/call/endpoint.hpp"
#include "sipvoice/config.hpp"
#include "sipvoice/session/direct.hpp"
#include "sipvoice/values.hpp"

namespace sipvoice::api {

[[nodiscard]] Metadata metadata_of(const call::call_info& info);
[[nodiscard]] MediaStatistics statistics_of(const media::media_statistics& s);
[[nodiscard]] EndedBy ended_by(call::ended_by by);
[[nodiscard]] Codec codec_of(audio::codec_id id);
[[nodiscard]] std::optional<audio::codec_id> codec_of(Codec c);
[[nodiscard]] DtmfMethod method_of(const std::string& name);
/// Throws Error (configuration) where a value cannot be used.
[[nodiscard]] call::endpoint_config endpoint_config_of(const Config& c);
/// Without the ports. Throws as above.
[[nodiscard]] session::direct_request direct_request_of(const RtpRequest& r, const Config& c);
/// A message of the inside names options of the command: here they are fields of Config.
[[nodiscard]] std::string in_words_of_the_api(std::string text);
/// A sip or sips URI that a request can be sent to.
[[nodiscard]] bool is_sip_uri(const std::string& text);
/// Names and values that may stand in a message.
[[nodiscard]] bool are_safe(const Headers& headers);

}  // namespace sipvoice::api
