#include "sipvoice/session/media_json.hpp"

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

namespace sipvoice::session {

using json = nlohmann::ordered_json;

namespace {

json number(const std::optional<double>& value) {
  return value ? json_number(*value) : json(nullptr);
}

}  // namespace

json json_number(double value) {
  return std::round(value * 1000.0) / 1000.0 + 0.0;  // -0.0 becomes 0.0
}

json media_object(const media::media_statistics& s, std::string_view codec) {
  json m = json::object();
  m["audio"] = media::audio_verdict(s);
  m["codec"] = codec.empty() ? json(nullptr) : json(std::string(codec));
  m["packets_sent"] = s.packets_sent;
  m["packets_received"] = s.packets_received;
  m["lost"] = s.lost;
  m["late"] = s.late;
  m["reordered"] = s.reordered;
  m["duplicate"] = s.duplicate;
  m["rejected"] = s.rejected;
  m["jitter_ms"] = json_number(s.jitter_ms);
  m["concealed_ms"] = s.concealed_ms;
  m["first_packet_ms"] = number(s.first_packet_ms);
  m["round_trip_ms"] = number(s.round_trip_ms);
  m["mos"] = number(s.mos);
  m["remote_sdp"] = s.remote_sdp.to_string();
  m["remote_observed"] = s.remote_observed ? json(s.remote_observed->to_string()) : json(nullptr);
  m["ssrc_changes"] = s.ssrc_changes;
  m["digits_dropped"] = s.digits_dropped;
  return m;
}

}  // namespace sipvoice::session
