// The values of the API: what a call is, how it went, what was heard.
//
// Times are std::chrono durations. Sound is linear PCM of 16 bits in the machine's order, one
// channel, as `std::int16_t`; where it comes as bytes it is little-endian.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sipvoice/export.hpp"

namespace sipvoice {
inline namespace v0 {

/// Names and values in their order, as on the wire; names compare without case.
using Headers = std::vector<std::pair<std::string, std::string>>;

/// A host (address or name; IPv6 without brackets) and a port; port 0: any that is free.
struct Address {
  std::string host = "0.0.0.0";  ///< address or name
  std::uint16_t port = 0;        ///< 0 to 65535
};

/// Codecs that can be negotiated. The numbers of the first three are their payload types (RFC 3551
/// section 6); the others have dynamic ones.
enum class Codec : std::uint8_t {
  pcmu = 0,    ///< 8 kHz
  pcma = 8,    ///< 8 kHz
  g722 = 9,    ///< 16 kHz
  l16 = 96,    ///< 16 kHz, linear
  opus = 111,  ///< 48 kHz (RFC 7587)
};

/// Of a session, in this order and never back.
enum class State : std::uint8_t {
  connecting,  ///< not answered, or answered and not acknowledged
  active,      ///< acknowledged, and its media run
  ended,
};

/// What is known of a call, from its INVITE and from what was agreed.
struct Metadata {
  std::string call_id;            ///< Call-ID header
  std::string caller;             ///< URI of From without parameters
  std::string callee;             ///< URI of To without parameters
  std::string display_name;       ///< of the caller; may be empty
  std::string request_uri;        ///< whom the INVITE asks for
  Headers x_headers;              ///< every header that begins with X-, in order, as it was spelled
  std::string remote_address;     ///< where the INVITE came from or went to, "192.0.2.1:5060"
  bool inbound = true;            ///< false: dialled
  std::optional<Codec> codec;     ///< of what is sent; nothing before the answer
  std::uint32_t sample_rate = 0;  ///< of that codec, in Hz; 0 before the answer
};

enum class EndedBy : std::uint8_t {
  remote,   ///< the other side: BYE, CANCEL, or a refusal
  local,    ///< this side: disconnect(), reject(), stop()
  timeout,  ///< no ACK, no answer, no media (see Ending::reason)
  error,    ///< something failed: no media, a callback that threw
};

/// How a session ended.
struct Ending {
  EndedBy by = EndedBy::local;  ///< which side, or what
  /// One word: "hangup", "cancelled", "rejected", "no_ack", "no_answer", "rtp_timeout" (media
  /// stopped), "rtp_never" (media never came), "media_failed", "callback_failed", "shutdown",
  /// "session_expired", "peer_gone", ...
  std::string reason;
  int status = 0;            ///< SIP status of a refusal (300 to 699); 0: none
  std::optional<int> cause;  ///< Q.850 cause of the other side's Reason header (RFC 3326)
  std::string text;          ///< that header as it came, or the phrase of the refusal; may be empty
  bool answered = false;     ///< the call was up
  std::chrono::milliseconds duration{0};  ///< from the ACK to the end; 0 of a call never answered
};

/// Figures of one media stream, up to now or, when the session has ended, final. What was not
/// measured is nothing.
struct MediaStatistics {
  std::uint64_t packets_sent = 0;      ///< RTP packets, telephone-events included
  std::uint64_t packets_received = 0;  ///< each sequence number once
  std::uint64_t lost = 0;              ///< never came, up to the end (RFC 3550 appendix A.3)
  std::uint64_t late = 0;              ///< came when their time had passed
  std::uint64_t reordered = 0;         ///< came behind a later one
  std::uint64_t duplicate = 0;         ///< copies
  std::uint64_t rejected = 0;          ///< from a source or of a payload type that was not agreed
  std::chrono::milliseconds concealed{0};  ///< sound that was made up for what was missing
  double jitter_ms = 0;                    ///< RFC 3550 appendix A.8
  std::optional<double> first_packet_ms;   ///< from the opening of the media to the first packet
  std::optional<double> round_trip_ms;     ///< from RTCP (RFC 3550 section 6.4.1)
  std::optional<double> mos;               ///< 1 to 4.5, estimated (ITU-T G.107)
};

/// Everything of a call that is over, as `call_ended` of `sipvoice --events` tells it.
struct CallRecord {
  Metadata metadata;                     ///< who called whom
  Ending ending;                         ///< who ended it, and why
  std::optional<MediaStatistics> media;  ///< nothing: no media were opened
};

/// Sound that was heard.
struct AudioFrame {
  std::span<const std::int16_t> samples;  ///< valid during the callback
  std::uint32_t sample_rate = 8000;       ///< Hz
  std::uint32_t channels = 1;             ///< always 1 so far
  /// Of the first sample, in samples since the session became active. It goes on over sound that
  /// was lost because callbacks were too slow.
  std::uint64_t timestamp = 0;
};

/// How digits travel.
enum class DtmfMethod : std::uint8_t {
  negotiated,  ///< telephone-events where they were agreed, else tones
  rfc4733,     ///< telephone-events (RFC 4733)
  info,        ///< SIP INFO, application/dtmf-relay
  inband,      ///< tones in the sound
};

/// A digit that came, told once however many ways it came in.
struct Digit {
  char value = '0';                         ///< 0-9 * # A-D
  std::chrono::milliseconds duration{0};    ///< how long it was pressed
  DtmfMethod method = DtmfMethod::rfc4733;  ///< how it came first
};

/// How far a response was heard.
struct Played {
  std::chrono::milliseconds played{0};  ///< of it has gone out
  bool completed = true;                ///< false: cancelled, or cut off by the caller's speech
};

/// A file or a text that has been played.
struct PlayFinished {
  std::string source;                   ///< the file, or "say:" and the text
  std::chrono::milliseconds played{0};  ///< of it has gone out
  bool completed = true;                ///< false: cut off
};

/// A recording that is complete.
struct Recorded {
  std::string file;                       ///< its final name: -2, -3 and so on where one existed
  std::chrono::milliseconds duration{0};  ///< of the file
};

/// How a transfer that was asked for goes on (RFC 3515).
struct Transfer {
  /// How far it has got.
  enum class State : std::uint8_t {
    trying,    ///< the other side has taken the request
    progress,  ///< it is calling the target
    done,      ///< the target has answered
    failed,    ///< it has not, or the request was refused
  };
  State state = State::trying;  ///< how far it has got
  std::string target;           ///< URI
  int status = 0;               ///< of the call to the target; 0: none yet
  std::string reason;           ///< phrase of that status, or one word of ours
};

/// A SIP message, as on the wire but for the digest `response`, which is masked.
struct TraceMessage {
  bool incoming = true;        ///< false: sent
  std::string transport;       ///< "UDP", "TCP" or "TLS"
  std::string remote_address;  ///< "192.0.2.1:5060"
  std::string text;            ///< the message, whole
};

/// How a registration goes on (RFC 3261 section 10).
struct AccountEvent {
  /// What has happened.
  enum class Kind : std::uint8_t {
    registered,    ///< for the first time, or again after a failure
    refreshed,     ///< in time
    failed,        ///< refused, or nobody has answered
    unregistered,  ///< as was asked for
  };
  Kind kind = Kind::registered;           ///< what has happened
  std::uint64_t account = 0;              ///< as register_account() returned it
  std::string uri;                        ///< of the account
  int status = 200;                       ///< of the registrar's response; 0: none came
  std::string reason;                     ///< of a failure
  std::chrono::seconds expires{0};        ///< granted
  std::chrono::milliseconds retry_in{0};  ///< of a failure; 0: it is given up
};

}  // namespace v0
}  // namespace sipvoice
