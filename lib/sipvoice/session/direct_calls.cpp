#include "sipvoice/session/direct_calls.hpp"

#include <utility>

namespace sipvoice::session {
namespace {

/// An endpoint counts from 1 and never comes here.
constexpr std::uint64_t first_id = std::uint64_t{1} << 63;
constexpr std::size_t id_length = 16;
constexpr std::uint8_t static_comfort_noise = 13;
constexpr std::uint16_t last_port = 65535;

/// RFC 3550 section 11: the next higher port. There is none above the last.
socket_address rtcp_beside(const socket_address& rtp) {
  if (rtp.port == last_port) return {rtp.ip, 0};
  return {rtp.ip, static_cast<std::uint16_t>(rtp.port + 1)};
}

}  // namespace

media::media_format direct_format(audio::codec_id codec, std::optional<std::uint8_t> type,
                                  std::uint8_t dtmf_type, std::uint32_t ptime_ms) {
  const audio::codec_info& info = audio::info(codec);
  media::media_format f;
  f.send = {payload_type{type.value_or(info.payload_type)}, codec};
  f.receive = {f.send};
  f.dtmf_send = f.dtmf_receive = payload_type{dtmf_type};
  f.dtmf_clock_rate = info.clock_rate;
  f.ptime_ms = audio::usable_ptime_ms(codec, ptime_ms);
  const payload_type noise{static_comfort_noise};
  if (info.clock_rate == 8000 && f.send.type != noise) f.comfort_noise = noise;
  return f;
}

direct_calls::opened direct_calls::open(const direct_request& r, random_source& random,
                                        time_point now) {
  const std::uint64_t number = first_id + ++last_;
  opened o;
  o.info.id = call::call_id{number};
  o.info.inbound = false;
  o.info.sip_call_id = "rtp-" + random.token(id_length);
  o.info.session_id = o.info.room_id = o.info.sip_call_id;
  o.info.from_uri = o.info.participant_id = "rtp:" + r.ports.rtp.to_string();
  o.info.to_uri = o.info.request_uri = "rtp:" + r.remote_rtp.to_string();
  o.info.remote_signalling = r.remote_rtp;

  media::media_open& m = o.media;
  m.id = media::media_id{number};
  m.ports = r.ports.id;
  m.parameters.remote_rtp = r.remote_rtp;
  m.parameters.remote_rtcp = r.rtcp_mux ? r.remote_rtp : rtcp_beside(r.remote_rtp);
  m.parameters.rtcp_mux = r.rtcp_mux;
  m.parameters.format = r.format;
  m.latch = r.latch;
  m.sound = r.sound;
  m.inactivity_timeout = r.inactivity_timeout;
  m.establishment_timeout = r.establishment_timeout;
  m.local_ssrc = ssrc{random.next32()};
  m.first_sequence = sequence_number(static_cast<std::uint16_t>(random.next16() >> 1));
  m.first_timestamp = rtp_timestamp(random.next32());
  m.rtcp_seed = random.next();

  constexpr int no_status = 0;  // nobody has answered
  o.answered = {o.info.id, no_status, m.id, r.format, r.ports.rtp, r.remote_rtp};
  calls_.emplace(o.info.id, one{m.id, now, std::nullopt, {}});
  return o;
}

bool direct_calls::owns(call::call_id id) { return static_cast<std::uint64_t>(id) > first_id; }

std::optional<media::media_id> direct_calls::end(call::call_id id, call::ended_by by,
                                                 std::string reason) {
  const auto at = calls_.find(id);
  if (at == calls_.end() || at->second.by) return std::nullopt;
  at->second.by = by;
  at->second.reason = std::move(reason);
  return at->second.media;
}

std::optional<call::call_ended> direct_calls::closed(call::call_id id,
                                                     const media::media_statistics& statistics,
                                                     time_point now) {
  const auto at = calls_.find(id);
  if (at == calls_.end()) return std::nullopt;
  call::call_ended e;
  e.id = id;
  // A shell that closes media of its own accord is going down.
  e.by = at->second.by.value_or(call::ended_by::local);
  e.reason = at->second.by ? std::move(at->second.reason) : "shutdown";
  e.answered_at = at->second.began;
  e.ended_at = now;
  e.media = statistics;
  calls_.erase(at);
  return e;
}

}  // namespace sipvoice::session
