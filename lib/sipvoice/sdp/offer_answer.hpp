// Offer/answer (RFC 3264) for one audio stream: what we can do, what was agreed, and the text.
//
// The order of a negotiation as the answerer: evaluate(offer) before anything is allocated, then
// answer() once the local port is known. As the offerer: make_offer(), then take_answer(). A failed
// evaluate() or take_answer() leaves the previous agreement in force.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sipvoice/base/address.hpp"
#include "sipvoice/base/result.hpp"
#include "sipvoice/sdp/format.hpp"

namespace sipvoice::sdp {

struct media;
struct session_description;

/// What this side can do, in order of preference.
struct audio_capabilities {
  std::vector<format> codecs;  ///< with the payload types used in our offers
  std::optional<std::uint8_t> dtmf_payload_type = 101;  ///< telephone-event; nothing: never
  bool comfort_noise = false;                           ///< RFC 3389, payload type 13 at 8 kHz
  std::uint32_t ptime_ms = 20;                          ///< asked for in our offers
  /// Taken from the peer's offer besides `codecs`; the payload types do not matter.
  std::vector<format> also_accepted{};
  /// Longer payloads are neither sent nor taken: an uncompressed codec's packet time ends there,
  /// which our descriptions tell by a=maxptime.
  std::uint32_t max_payload_bytes = 1920;
};

/// Why an offer or an answer cannot be used.
enum class refusal : std::uint8_t {
  malformed,         ///< no session description: 400
  no_audio,          ///< no m=audio with RTP/AVP and a port: 488
  no_common_codec,   ///< 488
  unusable_address,  ///< multicast, broadcast, a name, a port outside 1..65535: 488
};
struct refused {
  refusal why = refusal::malformed;
  std::string text;  ///< for Warning and the log: what and where
};

/// What both sides have agreed on for the one audio stream.
struct audio_agreement {
  std::size_t media_index = 0;  ///< which m= line
  socket_address remote_rtp;    ///< port 0 and 0.0.0.0 while the peer gave none (old-style hold)
  socket_address remote_rtcp;
  direction local_direction = direction::both;  ///< ours: what we may do
  bool remote_holds = false;  ///< the peer put us on hold: 0.0.0.0, sendonly or inactive
  format send;                ///< what we send: codec and the peer's payload type number
  std::vector<format>
      receive;  ///< what may come, with our payload type numbers; send's codec first
  std::optional<std::uint8_t> dtmf_send_type, dtmf_receive_type;
  std::uint32_t dtmf_clock_rate = 8000;
  std::optional<std::uint8_t> comfort_noise_type;
  std::uint32_t ptime_ms = 20;  ///< of what we send: 10, 20, 30, 40 or 60
  bool rtcp_mux = false;
  friend bool operator==(const audio_agreement&, const audio_agreement&) = default;
};

/// One negotiation of one dialog; keeps what the next offer or answer must be consistent with.
class negotiator {
 public:
  /// `session_id` of our o= line: random, below 2^62.
  negotiator(audio_capabilities capabilities, std::uint64_t session_id);

  /// Judges the peer's offer without changing anything. Once we have said where our media are, an
  /// address of the other family cannot be used.
  [[nodiscard]] boost::system::result<audio_agreement, refused> evaluate(
      std::string_view offer) const;
  /// The answer to `offer`, as many m-lines as it has, for the agreement that evaluate() gave.
  /// `wanted` restricts our direction (hold). Makes the agreement current. The version of o= rises
  /// only when the content differs from what was sent before.
  [[nodiscard]] std::string answer(std::string_view offer, const audio_agreement& agreement,
                                   const socket_address& local_rtp,
                                   direction wanted = direction::both);

  /// Our offer: all codecs in order (in a re-offer, the m-lines of the session stay).
  [[nodiscard]] std::string make_offer(const socket_address& local_rtp,
                                       direction wanted = direction::both);
  /// The peer's answer to the last make_offer(). Makes the agreement current.
  [[nodiscard]] boost::system::result<audio_agreement, refused> take_answer(
      std::string_view answer);

  /// Other codecs for what is offered and accepted from now on; `also`: see also_accepted.
  void set_codecs(std::vector<format> codecs, std::vector<format> also) {
    capabilities_.codecs = std::move(codecs);
    capabilities_.also_accepted = std::move(also);
  }
  /// Another packet time asked for from now on.
  void set_ptime(std::uint32_t ms) { capabilities_.ptime_ms = ms; }

  [[nodiscard]] const std::optional<audio_agreement>& current() const { return current_; }
  [[nodiscard]] const std::string& last_sent() const { return last_sent_; }

 private:
  audio_capabilities capabilities_;
  std::uint64_t session_id_;
  std::uint64_t version_ = 0;
  std::string last_sent_;
  std::optional<bool> bound_to_v6_;  // family of our media, once it has been said
  std::optional<audio_agreement> current_;
  direction offered_ = direction::both;
  std::size_t audio_index_ = 0;  // of the m= line that is ours, in last_sent_
  std::vector<format> mapped_;   // dynamic numbers used so far: they never change their meaning

  [[nodiscard]] std::vector<format> audio_formats() const;
  [[nodiscard]] std::uint8_t number_for(const format& wanted,
                                        const std::vector<format>& offered) const;
  [[nodiscard]] std::optional<refused> unreachable(const ip_address& remote) const;
  void remember(const sdp::media& m);
  const std::string& send(session_description& next, const socket_address& local_rtp);
};

/// A packet time that we can send: 10, 20, 30, 40 or 60 ms.
[[nodiscard]] bool is_packet_time(std::int64_t ms);

/// boost::system::result needs it: value() of a refused negotiation throws.
[[noreturn]] void throw_exception_from_error(const refused& r, const boost::source_location&);

}  // namespace sipvoice::sdp
