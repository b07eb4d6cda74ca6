// What one m= line of the peer allows: pure judgements that offers and answers share. Private.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sipvoice/sdp/offer_answer.hpp"
#include "sipvoice/sdp/session_description.hpp"

namespace sipvoice::sdp {

/// Packet times that we send, in ms, rising.
inline constexpr std::uint32_t packet_times[] = {10, 20, 30, 40, 60};
inline constexpr std::uint32_t default_ptime_ms = 20, longest_ptime_ms = 60;
/// The events we know: 0-9, *, #, A-D (RFC 4733 section 2.4.1).
inline constexpr const char* dtmf_events = "0-15";

/// The longest packet time that is neither above what is wanted (`asked`, else `fallback`) nor
/// above `longest`; 10 when even that is above.
[[nodiscard]] std::uint32_t choose_ptime(std::optional<std::uint32_t> asked,
                                         std::optional<std::uint32_t> longest,
                                         std::uint32_t fallback);

/// The longest packet time of an uncompressed codec (L16) whose payload has at most `max_bytes`;
/// nothing for others: they are far below it.
[[nodiscard]] std::optional<std::uint32_t> longest_packet_ms(const format_view& codec,
                                                             std::uint32_t max_bytes);
/// The packet time for this codec where choose_ptime() gave `ms`: Opus has no frame of 30 ms (RFC
/// 7587 section 4.2).
[[nodiscard]] std::uint32_t packet_time_of(const format_view& codec, std::uint32_t ms);

[[nodiscard]] bool is_telephone_event(const format_view& f);
[[nodiscard]] bool is_comfort_noise(const format_view& f);
/// m=audio with RTP/AVP: the kind that we speak.
[[nodiscard]] bool is_our_kind(const media& m);
/// The first telephone-event of this clock rate.
[[nodiscard]] const format_view* find_telephone_event(std::span<const format_view> formats,
                                                      std::uint32_t clock_rate);
[[nodiscard]] const format_view* find_comfort_noise(std::span<const format_view> formats);
/// The one of `formats` that is the same codec; telephone-event and comfort noise are none.
template <class F>
[[nodiscard]] const F* find_codec(std::span<const F> formats, const format_view& wanted) {
  if (is_telephone_event(wanted) || is_comfort_noise(wanted)) return nullptr;
  for (const F& f : formats)
    if (same_codec(f, wanted)) return &f;
  return nullptr;
}

/// Where the peer receives.
struct destination {
  socket_address rtp, rtcp;
  bool hold = false;  ///< 0.0.0.0 or ::, RFC 3264 section 8.4: both addresses are 0.0.0.0:0 then
};
[[nodiscard]] boost::system::result<destination, refused> judge_destination(
    const session_description& description, const media& m);

/// RFC 3264 8.4: one that gave no address can send, but not receive.
[[nodiscard]] direction peer_direction(direction said, bool hold);

/// "PCMA/8000, opus/48000/2": bounded, for Warning and log.
[[nodiscard]] std::string list_codecs(std::span<const format_view> formats);

}  // namespace sipvoice::sdp
