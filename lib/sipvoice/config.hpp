// How a backend is set up, how a call is placed, how an account is registered.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sipvoice/values.hpp"

namespace sipvoice {
inline namespace v0 {

/// With what an INVITE is refused.
struct Refusal {
  int status = 403;         ///< 300 to 699
  std::string reason = {};  ///< empty: the standard phrase of RFC 3261 section 21
};

/// From whom media are taken when packets come from elsewhere than the description said (RFC 7362).
enum class Latching : std::uint8_t {
  off,      ///< from there alone
  same_ip,  ///< from another port of the same address
  any,      ///< from anywhere, where the first packets agree
};

/// How what is heard is laid out in time for on_audio_received().
enum class Playout : std::uint8_t {
  steady,  ///< nothing is stretched but for the drift of two clocks: for recognition, mixing, files
  adaptive,  ///< with as little delay as the network's jitter allows, by stretching and shortening
};

/// PEM files and what is made of the other side's certificate. They are read by start().
struct Tls {
  std::string certificate_file = {};  ///< ours, the chain may follow; a tls: listener needs one
  std::string key_file = {};          ///< its private key, without a password; empty: it stands in
                                      ///< certificate_file
  std::string ca_file = {};           ///< whom we believe; empty: the system's authorities
  /// Connections of ours: the certificate must be of the name that was called (RFC 5922). Those
  /// that come in must show a good one where ca_file is given. False: anyone is believed.
  bool verify = true;
};

/// All of it has a default: `Backend({.local_sip_addr = {"0.0.0.0", 5060}})`.
struct Config {
  /// UDP listener. An empty host: none.
  Address local_sip_addr{"0.0.0.0", 5060};
  /// Further listeners: "udp:HOST:PORT", "tcp:HOST:PORT", "tls:HOST:PORT".
  std::vector<std::string> listen = {};
  Tls tls = {};  ///< of tls: listeners, and of calls to sips: URIs and ";transport=tls"
  std::string local_rtp_ip = "0.0.0.0";  ///< IP address on which media ports are bound
  std::string advertised_ip = {};        ///< in SDP, Contact and Via; empty: the local one
  std::uint16_t rtp_port_start = 10000;  ///< each call takes an even port and the one above it
  std::uint16_t rtp_port_end = 20000;    ///< the last one that may be taken
  std::vector<Codec> supported_codecs = {Codec::pcmu, Codec::pcma};  ///< best first
  int dtmf_payload_type = 101;          ///< of telephone-event in our offers, 96 to 127
  std::string user_agent = "sipvoice";  ///< User-Agent and Server headers; empty: none
  std::size_t max_sessions = 0;         ///< one more is answered 503; 0: no limit
  /// A call whose media stop for so long is ended; one on hold never. 0: off.
  std::chrono::milliseconds rtp_inactivity_timeout{30'000};
  /// A call whose media do not begin within it is ended. 0: off.
  std::chrono::milliseconds rtp_establishment_timeout{60'000};
  std::map<std::string, std::string> auth_users = {};  ///< who may call, with passwords; empty: all
  /// Asked for the password of a user who is not in auth_users; nothing: there is no such user.
  /// Being set, every caller is challenged. Called on the loop: it may not block, nor call the API.
  /// What it throws goes to on_error(), and the user counts as unknown.
  std::function<std::optional<std::string>(const std::string& user)> auth_resolver = {};
  std::string auth_realm = "sipvoice";  ///< of our challenges (RFC 7616)
  /// Asked of every INVITE that would become a session, before anything is allocated for it. A
  /// refusal is sent as it is; an exception is answered 500. It may not call the API.
  std::function<std::optional<Refusal>(const Metadata&)> invite_filter = {};
  Latching latching = Latching::same_ip;  ///< from whom media are taken
  Playout playout = Playout::steady;      ///< of what on_audio_received() gives
  /// How long sound waits before it is heard, so that packets which come unevenly are in time: of
  /// every new stream, and never less. 20 to 200 ms, at most playout_bound.
  std::chrono::milliseconds jitter_buffer_min{60};
  /// What comes so long before its turn is not kept for it: it begins a timeline of its own. 100 to
  /// 600 ms, at least playout_bound.
  std::chrono::milliseconds jitter_buffer_max{300};
  /// The longest delay to which adaptive playout grows. 20 to 300 ms.
  std::chrono::milliseconds playout_bound{200};
  bool concealment = true;     ///< what is lost is made up (G.711 appendix I); false: it is silence
  bool comfort_noise = false;  ///< offered and agreed to (RFC 3389): pauses sound like their line
  /// Packets of silence go out where nothing is to be said. False: nothing does; address
  /// translators on the way and timeouts of the other side may mind.
  bool silence_fill = true;
  /// The caller's speech drops what is playing, and on_barge_in() tells so.
  bool interruption = false;
  /// So much of a response is gathered before its first frame goes out (or all of it, when it is
  /// shorter and was ended): a producer that stumbles less than that is not heard to. 0 to 10 s; at
  /// most pacer_headroom counts.
  std::chrono::milliseconds pacer_prebuffer{0};
  /// So far may a producer be ahead of what is heard: what send_audio() queues at most. 0 to 60 s;
  /// less than 100 ms is 100 ms.
  std::chrono::milliseconds pacer_headroom{2'000};
  unsigned media_workers = 0;  ///< threads that send and receive media; 0: cores - 1, at least 1
};

/// A session without signalling: both sides have been told each other's address and the codec.
struct RtpRequest {
  Address local{"127.0.0.1", 0};         ///< an even port and the one above it; 0: a free pair
  Address remote;                        ///< an IP address and a port
  Codec codec = Codec::pcmu;             ///< both ways
  std::optional<int> payload_type = {};  ///< of the codec; nothing: the usual one
  int dtmf_payload_type = 101;           ///< of telephone-event, both ways
  bool rtcp_mux = false;                 ///< RTCP on the RTP ports (RFC 5761)
};

/// Who we are to whom we call (RFC 7616).
struct Credentials {
  std::string user;      ///< as the realm knows it
  std::string password;  ///< never in a trace or a log
};

/// A call to be placed.
struct DialRequest {
  std::string to;          ///< sip or sips URI
  std::string from = {};   ///< sip URI; empty: "sip:sipvoice" and the local address
  std::string proxy = {};  ///< sip URI to send to instead (a loose route)
  Headers headers = {};    ///< of the INVITE; X-Session-ID and X-Room-ID count
  std::optional<Credentials> credentials = {};  ///< for challenges
  std::chrono::milliseconds timeout{30'000};    ///< for the answer; 0: none
};

/// What came of dial().
struct DialResult {
  bool answered = false;  ///< the session is up
  int status = 0;         ///< of the answer or the refusal; 0: none came
  std::string reason;  ///< of a failure: the phrase of the refusal, or the word of Ending::reason
};

/// A registration that is kept up.
struct Account {
  std::string uri;                              ///< of the user; REGISTER goes to its host
  std::string proxy = {};                       ///< sip URI to send to instead
  std::optional<Credentials> credentials = {};  ///< for challenges
  std::chrono::seconds expires{3600};           ///< asked for; the registrar decides
};

}  // namespace v0
}  // namespace sipvoice
