#include "sipvoice/call/media_leg.hpp"

#include "sipvoice/base/text.hpp"

namespace sipvoice::call {
namespace {

std::optional<media::codec_mapping> mapping_of(const sdp::format& f) {
  const audio::codec_info* codec = audio::find_encoding(f.encoding, f.clock_rate, f.channels);
  if (codec == nullptr) return std::nullopt;
  return media::codec_mapping{payload_type{f.payload_type}, codec->id};
}

/// RFC 7587 section 6.1: what the other side's decoder wants from our encoder. An Opus decoder that
/// does not name useinbandfec does not use it.
audio::encoder_options options_of(const sdp::format& f) {
  audio::encoder_options o;
  if (!iequals(f.encoding, "opus")) return o;
  o.fec = sdp::fmtp_number(f.fmtp, "useinbandfec") == 1U;
  o.max_bitrate = sdp::fmtp_number(f.fmtp, "maxaveragebitrate").value_or(0);
  return o;
}

std::optional<payload_type> type_of(const std::optional<std::uint8_t>& number) {
  if (!number) return std::nullopt;
  return payload_type{*number};
}

}  // namespace

media::media_format media_format_of(const sdp::audio_agreement& a) {
  media::media_format f;
  if (const auto send = mapping_of(a.send)) f.send = *send;
  f.send_options = options_of(a.send);
  for (const sdp::format& one : a.receive)
    if (const auto mapping = mapping_of(one)) f.receive.push_back(*mapping);
  f.dtmf_send = type_of(a.dtmf_send_type);
  f.dtmf_receive = type_of(a.dtmf_receive_type);
  f.dtmf_clock_rate = a.dtmf_clock_rate;
  f.comfort_noise = type_of(a.comfort_noise_type);
  f.ptime_ms = a.ptime_ms;
  return f;
}

media_leg::media_leg(services& s, call_id owner)
    : s_(s), owner_(owner), negotiator_(s.new_negotiator()) {}

void media_leg::request_port(const ip_address& peer) {
  stage_ = stage::asked;
  s_.out.emplace_back(need_media_port{owner_, peer});
}

bool media_leg::take_port(std::optional<media_ports> ports) {
  if (stage_ != stage::asked) {
    if (ports) s_.out.emplace_back(release_media_port{ports->id});
    return false;
  }
  stage_ = ports ? stage::ready : stage::over;
  if (ports) ports_ = *ports;
  return ports.has_value();
}

bool media_leg::use_codecs(const std::vector<audio::codec_id>& codecs) {
  if (codecs.empty()) return false;
  negotiator_.set_codecs(formats_of(codecs), variants_of(codecs));
  return true;
}

socket_address media_leg::advertised() const {
  const auto& outside = s_.config.advertised_ip;
  if (outside && outside->is_v6() == ports_.rtp.ip.is_v6()) return {*outside, ports_.rtp.port};
  return ports_.rtp;
}

media::media_parameters media_leg::parameters() const {
  const sdp::audio_agreement& a = *negotiator_.current();
  media::media_parameters p;
  p.remote_rtp = a.remote_rtp;
  p.remote_rtcp = a.remote_rtcp;
  p.rtcp_mux = a.rtcp_mux;
  p.format = media_format_of(a);
  p.direction = a.local_direction;
  p.on_hold = a.remote_holds;
  return p;
}

void media_leg::open_or_change() {
  const auto& agreed = negotiator_.current();
  if (!agreed) return;
  if (stage_ == stage::open) {
    if (applied_ != agreed) s_.out.emplace_back(media::media_change{id_, parameters()});
    applied_ = agreed;
    return;
  }
  if (stage_ != stage::ready) return;
  stage_ = stage::open;
  applied_ = agreed;
  id_ = media::media_id{++s_.last_media};
  s_.index.by_media[id_] = owner_;

  media::media_open open;
  open.id = id_;
  open.ports = ports_.id;
  open.parameters = parameters();
  open.latch = s_.config.latch;
  open.sound = s_.config.sound;
  open.inactivity_timeout = s_.config.rtp_inactivity_timeout;
  open.establishment_timeout = s_.config.rtp_establishment_timeout;
  open.local_ssrc = ssrc{s_.random.next32()};
  // The lower half leaves room before the first wrap: SRTP peers guess the roll-over counter from
  // what they see first (RFC 3711 section 3.3.1).
  open.first_sequence = sequence_number(static_cast<std::uint16_t>(s_.random.next16() >> 1));
  open.first_timestamp = rtp_timestamp(s_.random.next32());
  open.rtcp_seed = s_.random.next();
  s_.out.emplace_back(std::move(open));
}

void media_leg::close() {
  switch (stage_) {
    case stage::open:
      stage_ = stage::closing;
      s_.out.emplace_back(media::media_close{id_});
      return;
    case stage::ready:
      s_.out.emplace_back(release_media_port{ports_.id});
      stage_ = stage::over;
      return;
    case stage::none:
    case stage::asked:
      stage_ = stage::over;
      return;
    case stage::closing:
    case stage::over:
      return;
  }
}

void media_leg::closed(const media::media_statistics& statistics) {
  if (stage_ != stage::open && stage_ != stage::closing) return;
  s_.index.by_media.erase(id_);
  statistics_ = statistics;
  stage_ = stage::over;
}

media::media_format media_leg::format() const {
  return negotiator_.current() ? media_format_of(*negotiator_.current()) : media::media_format{};
}

socket_address media_leg::remote_rtp() const {
  return negotiator_.current() ? negotiator_.current()->remote_rtp : socket_address{};
}

bool media_leg::remote_holds() const {
  return negotiator_.current() && negotiator_.current()->remote_holds;
}

}  // namespace sipvoice::call
