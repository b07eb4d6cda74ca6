#include "sipvoice/media/reports.hpp"

#include <optional>

#include "sipvoice/rtp/e_model.hpp"

namespace sipvoice::media {
namespace {

rtp::sent_so_far sent_by(const talker& mouth, time_point next_tick, time_point now) {
  // RTP time of this moment, from that of the next tick (RFC 3550 6.4.1).
  const auto ahead = std::chrono::duration_cast<std::chrono::microseconds>(next_tick - now).count();
  const auto ticks = ahead * static_cast<std::int64_t>(mouth.clock_rate()) / 1'000'000;
  return {mouth.packets_sent(), mouth.payload_bytes_sent(),
          mouth.time() - static_cast<std::uint32_t>(ticks)};
}

/// Narrow band: G.113 appendix I; its Bpl of G.711 is that of random loss with concealment by
/// appendix I of G.711, which holds for samples of L16 as well. G.722 at 64 kbit/s: Ie of G.113
/// appendix IV. Opus stands in no table of the ITU-T: Ie is the one that rtpengine counts with. Of
/// both, losses are judged as of G.711 without concealment (Bpl 4.3): rather too strictly.
rtp::codec_impairment impairment_of(audio::codec_id codec) {
  using rtp::speech_band;
  constexpr double concealed = 25.1, strict = 4.3;
  switch (codec) {
    case audio::codec_id::g722:
      return {13, strict, speech_band::wide};
    case audio::codec_id::opus:
      return {10.2, strict, speech_band::full};
    case audio::codec_id::l16:
    case audio::codec_id::l16_24000:
    case audio::codec_id::l16_32000:
    case audio::codec_id::l16_44100:
    case audio::codec_id::l16_48000:
      return {0, concealed, speech_band::wide};
    case audio::codec_id::pcmu:
    case audio::codec_id::pcma:
    case audio::codec_id::l16_8000:
      break;
  }
  return {0, concealed, speech_band::narrow};
}

}  // namespace

std::optional<socket_address> reports::destination(const media_parameters& p, const latch& source) {
  const auto rtp = source.destination();
  if (p.rtcp_mux) return rtp;
  // A source that was learnt, not told: its RTCP is beside it, and not where the SDP said.
  if (rtp && *rtp != p.remote_rtp) {
    if (rtp->port == 65535) return std::nullopt;
    return socket_address{rtp->ip, static_cast<std::uint16_t>(rtp->port + 1)};
  }
  if (p.remote_rtcp.port == 0 || p.remote_rtcp.ip.is_unspecified()) return std::nullopt;
  return p.remote_rtcp;
}

void reports::put(byte_view report, const media_parameters& p, const latch& source) {
  const auto to = destination(p, source);
  if (!report.empty() && to) waiting_ = media_session::outgoing{report, *to, !p.rtcp_mux};
}

void reports::handle_timeout(const media_parameters& p, const latch& source, const talker& mouth,
                             const rtp::receiver_statistics& heard, time_point next_tick,
                             time_point now) {
  if (now < session_.next_deadline()) return;
  waiting_.reset();
  put(session_.handle_timeout(sent_by(mouth, next_tick, now), heard, now), p, source);
}

void reports::close(const media_parameters& p, const latch& source, const talker& mouth,
                    const rtp::receiver_statistics& heard, time_point next_tick, time_point now) {
  waiting_.reset();
  put(session_.goodbye(sent_by(mouth, next_tick, now), heard, now), p, source);
}

std::optional<media_session::outgoing> reports::pop() {
  return std::exchange(waiting_, std::nullopt);
}

void reports::fill(media_statistics& figures, audio::codec_id codec, std::uint32_t ptime_ms,
                   duration playout) const {
  const auto trip = session_.round_trip();
  if (!trip) return;
  figures.round_trip_ms = std::chrono::duration<double, std::milli>(*trip).count();
  const std::uint64_t expected = figures.packets_received + figures.lost;
  if (figures.packets_received == 0) return;
  const rtp::codec_impairment impairment = impairment_of(codec);
  const double missed = static_cast<double>(figures.lost + figures.late);
  const duration one_way = *trip / 2 + playout + std::chrono::milliseconds(ptime_ms);
  const double rating =
      rtp::transmission_rating(impairment, missed / static_cast<double>(expected), 1, one_way);
  figures.mos = rtp::mean_opinion_score(rating, impairment.band);
}

}  // namespace sipvoice::media
