// A call without signalling: addresses and codec are given by hand, and the plan runs on a media
// session as it does in any call (`sipvoice rtp`).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sipvoice/call/endpoint.hpp"
#include "sipvoice/media/values.hpp"

namespace sipvoice::session {

struct direct_request {
  call::media_ports ports;  ///< bound by the shell, free again when media has closed
  socket_address remote_rtp;
  bool rtcp_mux = false;  ///< RTCP on the RTP ports; else one port above, on both sides
  media::media_format format;
  media::latch_mode latch = media::latch_mode::same_ip;
  media::sound_settings sound{};
  duration inactivity_timeout{};     ///< media stopped; zero: off
  duration establishment_timeout{};  ///< media never started; zero: off
};

/// What both sides would have agreed on. `type`: of the codec, where it is not the static or usual
/// one. Digits go by the clock of the codec; comfort noise is understood at 8000 Hz (RFC 3389).
[[nodiscard]] media::media_format direct_format(audio::codec_id codec,
                                                std::optional<std::uint8_t> type,
                                                std::uint8_t dtmf_type, std::uint32_t ptime_ms);

}  // namespace sipvoice::session
