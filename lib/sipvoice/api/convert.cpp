#include "sipvoice/api/convert.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "sipvoice/error.hpp"
#include "sipvoice/sip/message.hpp"
#include "sipvoice/sip/uri.hpp"

namespace sipvoice::api {
namespace {

constexpr int first_dynamic_type = 96, last_dynamic_type = 127;

[[noreturn]] void unusable(const std::string& what) {
  throw Error(Error::Kind::configuration, what);
}

media::latch_mode latch_of(Latching l) {
  switch (l) {
    case Latching::off:
      return media::latch_mode::off;
    case Latching::any:
      return media::latch_mode::any;
    case Latching::same_ip:
      break;
  }
  return media::latch_mode::same_ip;
}

/// Throws where `value` is not in `least` to `most`.
void check_range(const char* field, std::chrono::milliseconds value,
                 std::chrono::milliseconds least, std::chrono::milliseconds most) {
  if (value >= least && value <= most) return;
  unusable(std::string(field) + " " + std::to_string(value.count()) + " ms is not in " +
           std::to_string(least.count()) + " to " + std::to_string(most.count()) + " ms");
}

/// What Config says of how sound is heard and sent. Throws where it cannot be.
media::sound_settings sound_of(const Config& c) {
  using std::chrono_literals::operator""ms;
  check_range("jitter_buffer_min", c.jitter_buffer_min, 20ms, 200ms);
  check_range("playout_bound", c.playout_bound, c.jitter_buffer_min, 300ms);
  check_range("jitter_buffer_max", c.jitter_buffer_max, std::max(c.playout_bound, 100ms), 600ms);
  check_range("pacer_prebuffer", c.pacer_prebuffer, 0ms, 10'000ms);
  check_range("pacer_headroom", c.pacer_headroom, 0ms, 60'000ms);
  constexpr std::chrono::milliseconds week = std::chrono::hours(7 * 24);
  check_range("rtp_inactivity_timeout", c.rtp_inactivity_timeout, 0ms, week);
  check_range("rtp_establishment_timeout", c.rtp_establishment_timeout, 0ms, week);
  media::sound_settings s;
  s.delays = {c.jitter_buffer_min, c.playout_bound, c.jitter_buffer_max};
  s.conceal = c.concealment;
  s.fill_silence = c.silence_fill;
  return s;
}

}  // namespace

Metadata metadata_of(const call::call_info& info) {
  Metadata m;
  m.call_id = info.sip_call_id;
  m.caller = info.from_uri;
  m.callee = info.to_uri;
  m.display_name = info.from_display;
  m.request_uri = info.request_uri;
  m.x_headers.assign(info.x_headers.begin(), info.x_headers.end());
  m.remote_address = info.remote_signalling.to_string();
  m.inbound = info.inbound;
  return m;
}

MediaStatistics statistics_of(const media::media_statistics& s) {
  MediaStatistics m;
  m.packets_sent = s.packets_sent;
  m.packets_received = s.packets_received;
  m.lost = s.lost;
  m.late = s.late;
  m.reordered = s.reordered;
  m.duplicate = s.duplicate;
  m.rejected = s.rejected;
  m.concealed = std::chrono::milliseconds(s.concealed_ms);
  m.jitter_ms = s.jitter_ms;
  m.first_packet_ms = s.first_packet_ms;
  m.round_trip_ms = s.round_trip_ms;
  m.mos = s.mos;
  return m;
}

EndedBy ended_by(call::ended_by by) {
  switch (by) {
    case call::ended_by::remote:
      return EndedBy::remote;
    case call::ended_by::local:
      return EndedBy::local;
    case call::ended_by::timeout:
      return EndedBy::timeout;
    case call::ended_by::error:
      break;
  }
  return EndedBy::error;
}

Codec codec_of(audio::codec_id id) {
  switch (id) {
    case audio::codec_id::pcmu:
      return Codec::pcmu;
    case audio::codec_id::pcma:
      return Codec::pcma;
    case audio::codec_id::g722:
      return Codec::g722;
    case audio::codec_id::opus:
      return Codec::opus;
    default:
      return Codec::l16;  // of whatever rate
  }
}

std::optional<audio::codec_id> codec_of(Codec c) {
  switch (c) {
    case Codec::pcmu:
      return audio::codec_id::pcmu;
    case Codec::pcma:
      return audio::codec_id::pcma;
    case Codec::g722:
      return audio::codec_id::g722;
    case Codec::opus:
      return audio::codec_id::opus;
    case Codec::l16:
      return audio::codec_id::l16;
  }
  return std::nullopt;  // a number that was cast
}

DtmfMethod method_of(const std::string& name) {
  if (name == "info") return DtmfMethod::info;
  return name == "inband" ? DtmfMethod::inband : DtmfMethod::rfc4733;
}

call::endpoint_config endpoint_config_of(const Config& c) {
  call::endpoint_config e;
  if (!sip::is_safe_value(c.user_agent)) unusable("user_agent holds a line break");
  e.user_agent = c.user_agent;
  e.codecs.clear();
  for (const Codec codec : c.supported_codecs) {
    const auto id = codec_of(codec);
    if (!id) unusable("supported_codecs names an unknown codec");
    e.codecs.push_back(*id);
  }
  if (e.codecs.empty()) unusable("supported_codecs is empty; name one codec at least");
  if (c.dtmf_payload_type < first_dynamic_type || c.dtmf_payload_type > last_dynamic_type)
    unusable("dtmf_payload_type " + std::to_string(c.dtmf_payload_type) + " is not in 96 to 127");
  e.dtmf_payload_type = static_cast<std::uint8_t>(c.dtmf_payload_type);
  if (!c.advertised_ip.empty()) {
    if (const auto ip = ip_address::parse(c.advertised_ip))
      e.advertised_ip = *ip;
    else
      unusable("advertised_ip " + c.advertised_ip + " is no IP address; names are not resolved");
  }
  e.max_sessions = c.max_sessions;
  e.latch = latch_of(c.latching);
  e.sound = sound_of(c);
  e.comfort_noise = c.comfort_noise;
  e.rtp_inactivity_timeout = c.rtp_inactivity_timeout;
  e.rtp_establishment_timeout = c.rtp_establishment_timeout;
  for (const auto& [user, password] : c.auth_users) e.users.emplace(user, password);
  if (!sip::is_safe_value(c.auth_realm)) unusable("auth_realm holds a line break");
  e.auth_realm = c.auth_realm;
  return e;
}

session::direct_request direct_request_of(const RtpRequest& r, const Config& c) {
  constexpr int last_type = 127;
  session::direct_request d;
  const auto remote = ip_address::parse(r.remote.host);
  if (!remote || r.remote.port == 0)
    unusable("remote " + r.remote.host + ":" + std::to_string(r.remote.port) +
             " is no IP address and port");
  d.remote_rtp = {*remote, r.remote.port};
  const auto codec = codec_of(r.codec);
  if (!codec) unusable("codec is none that is known");
  std::optional<std::uint8_t> type;
  if (r.payload_type) {
    if (*r.payload_type < 0 || *r.payload_type > last_type)
      unusable("payload_type " + std::to_string(*r.payload_type) + " is not in 0 to 127");
    type = static_cast<std::uint8_t>(*r.payload_type);
  }
  if (r.dtmf_payload_type < first_dynamic_type || r.dtmf_payload_type > last_dynamic_type)
    unusable("dtmf_payload_type " + std::to_string(r.dtmf_payload_type) + " is not in 96 to 127");
  constexpr std::uint32_t ptime_ms = 20;
  d.format = session::direct_format(*codec, type, static_cast<std::uint8_t>(r.dtmf_payload_type),
                                    ptime_ms);
  if (d.format.send.type == *d.format.dtmf_send)
    unusable("payload_type and dtmf_payload_type are the same");
  d.rtcp_mux = r.rtcp_mux;
  d.latch = latch_of(c.latching);
  d.sound = sound_of(c);
  if (!c.comfort_noise) d.format.comfort_noise.reset();
  d.inactivity_timeout = c.rtp_inactivity_timeout;
  d.establishment_timeout = c.rtp_establishment_timeout;
  return d;
}

bool is_sip_uri(const std::string& text) {
  const auto uri = sip::uri::parse(text);
  return uri && uri->is_sip();
}

bool are_safe(const Headers& headers) {
  return std::all_of(headers.begin(), headers.end(), [](const auto& h) {
    return !h.first.empty() && sip::is_safe_value(h.first) && sip::is_safe_value(h.second);
  });
}

std::string in_words_of_the_api(std::string text) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 10> words{{
      {"--local", "local"},
      {"--rtp-ip", "local_rtp_ip"},
      {"--rtp-ports", "rtp_port_start to rtp_port_end"},
      {"write --listen [udp:|tcp:|tls:]HOST:PORT", "write [udp:|tcp:|tls:]HOST:PORT"},
      {"give --tls-verify off", "set tls.verify to false"},
      {"--tls-cert", "tls.certificate_file"},
      {"--tls-key", "tls.key_file"},
      {"--tls-ca", "tls.ca_file"},
      {"--tls-verify", "tls.verify"},
      {"--listen", "local_sip_addr"},
  }};
  for (const auto& [option, field] : words)
    for (std::size_t at = 0; (at = text.find(option, at)) != std::string::npos; at += field.size())
      text.replace(at, option.size(), field);
  return text;
}

}  // namespace sipvoice::api
