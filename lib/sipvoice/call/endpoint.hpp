// All calls of one process or party over many flows: the ONE object a shell drives for signalling.
//
//   bytes -> endpoint.receive(...) -> sip::user_agent -> call -> call_event -> session
//
// Four kinds of method and no others: getters; receive.../handle_timeout(now); commands; poll().
// After every call that puts something in and after every command, the shell drains poll() until it
// returns nothing, and arms its timer with next_deadline(). No socket, thread or clock in here.
//
// The life of an inbound call (RFC 3261 13.3, "The call" in the protocol contract):
//   INVITE -> 100 at once (user agent) -> checks, need_media_port -> media_port() -> call_incoming
//   -> ring()/early_media() -> answer() -> 200 repeated until ACK -> media_open -> call_answered
//   -> hang_up()/BYE -> media_close -> call_ended.
// The life of an outbound call: dial() -> need_media_port -> media_port() -> INVITE, call_outgoing
//   -> call_ringing -> 2xx: ACK, media_open, call_answered -> ... -> call_ended; or call_rejected.
// Exactly one of call_rejected and call_ended closes each call that was told by call_incoming or
// call_outgoing; an INVITE that is refused before that is told by call_rejected alone.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "sipvoice/audio/codec.hpp"
#include "sipvoice/base/random.hpp"
#include "sipvoice/base/time.hpp"
#include "sipvoice/call/authorization.hpp"
#include "sipvoice/call/client_values.hpp"
#include "sipvoice/call/shared_headers.hpp"
#include "sipvoice/media/values.hpp"
#include "sipvoice/sip/dns.hpp"
#include "sipvoice/sip/hop.hpp"
#include "sipvoice/sip/message_stream.hpp"
#include "sipvoice/sip/user_agent.hpp"

namespace sipvoice::call {

using sip::flow_id;

/// Asked of the shell, synchronously and without traffic.
class host_environment {
 public:
  virtual ~host_environment() = default;
  /// The local address from which packets to `peer` leave (kernel's routing decision).
  virtual ip_address local_address_toward(const ip_address& peer) = 0;
};

struct call_info;

/// An INVITE that the application will not have.
struct invite_refusal {
  int status = 403;    ///< 300 to 699
  std::string reason;  ///< empty: the standard phrase
  std::string rule;    ///< of call_rejected
};

/// A SIP message that has come or is about to go, whole, as on the wire.
struct passing_message {
  bool incoming = true;
  sip::transport transport = sip::transport::udp;
  socket_address remote;
  std::string_view bytes;
};

struct endpoint_config {
  std::string user_agent = "sipvoice";  ///< of User-Agent and Server
  std::vector<audio::codec_id> codecs{audio::codec_id::pcmu, audio::codec_id::pcma};
  std::uint8_t dtmf_payload_type = 101;
  std::uint32_t ptime_ms = 20;              ///< packet time asked for: 10, 20, 30, 40 or 60
  std::optional<ip_address> advertised_ip;  ///< in SDP, Contact and Via instead of the local one
  std::size_t max_sessions = 0;             ///< 0: no limit
  /// Whatever max_sessions says: with calls that are over and whose media are not back yet, or
  /// whose last transactions are under way.
  std::size_t max_calls = 100'000;
  /// What callers may make all calls together keep: of one that is not up yet its whole INVITE, of
  /// one that is up its names and its dialog. Past it 503; a call of more than limits::large_call
  /// counts on half of it. (Several copies are made of some of it.)
  std::size_t max_call_bytes = std::size_t{256} << 20;
  media::latch_mode latch = media::latch_mode::same_ip;
  media::sound_settings sound{};
  bool comfort_noise = true;  ///< offered, and agreed to (RFC 3389)
  duration rtp_inactivity_timeout = std::chrono::seconds(30);     ///< zero: off
  duration rtp_establishment_timeout = std::chrono::seconds(60);  ///< zero: off
  std::uint32_t source_rate = 1000;  ///< out-of-dialog requests a second from one source; 0: off
  bool source_rate_includes_loopback = false;       ///< true when the option was given
  std::vector<std::pair<ip_address, int>> trusted;  ///< CIDR blocks that are exempt
  /// Reliable provisionals (RFC 3262): always towards a peer that requires them.
  enum class rel100 : std::uint8_t {
    when_required,
    when_supported
  } reliable_provisionals = rel100::when_required;
  duration session_expires{};                  ///< session timer to ask for (RFC 4028); zero: none
  duration min_se = std::chrono::seconds(90);  ///< the shortest one that is accepted
  /// Whether a peer may send us to this URI (without parameters) by REFER; empty: nowhere (603).
  std::function<bool(const std::string& uri)> allow_refer{};
  /// Asked of every INVITE that would become a call, before anything is made for it. Calls nothing
  /// of the endpoint.
  std::function<std::optional<invite_refusal>(const call_info&)> invite_filter{};
  /// Whether the application answers this request itself: then call_request tells of it. Asked of
  /// INFO, MESSAGE, OPTIONS, UPDATE without a description, REFER, NOTIFY and methods that are
  /// unknown here inside the dialog of a call; and, with call_id{}, of MESSAGE, OPTIONS, REGISTER,
  /// SUBSCRIBE, PUBLISH and unknown methods outside of any. Calls nothing of the endpoint.
  std::function<bool(call_id id, std::string_view method)> hold_request{};
  /// Told of every message, those included that are dropped. Calls nothing of the endpoint.
  std::function<void(const passing_message&)> trace{};
  bool nat_contact = false;  ///< requests in a dialog go where the peer was seen (private Contact)
  /// Who may call, with passwords; empty, and no `password_of`: everyone, unasked.
  std::map<std::string, std::string, std::less<>> users{};
  /// Asked for the password of a user who is not among `users`; nothing: there is no such user.
  /// Calls nothing of the endpoint.
  std::function<std::optional<std::string>(std::string_view user)> password_of{};
  std::string auth_realm = "sipvoice";
  std::vector<sip::digest_algorithm> auth_algorithms{
      sip::digest_algorithm::sha256, sip::digest_algorithm::md5};  ///< a challenge each, in order
  std::size_t max_message = sip::stream_limits::default_max_message;  ///< over TCP and TLS, bytes
  sip::timer_values timers{};
};

struct listener {
  flow_id flow{};
  sip::transport transport = sip::transport::udp;
  socket_address local;  ///< as bound; the address may be 0.0.0.0 or ::
};

/// What is known of a call from its INVITE. Strings are as on the wire, headers unfolded.
struct call_info {
  call_id id{};
  bool inbound = true;
  std::string session_id;        ///< X-Session-ID, else Call-ID (CALLID-2 where that is taken)
  std::string sip_call_id;       ///< Call-ID
  std::string room_id;           ///< X-Room-ID, else Call-ID
  std::string participant_id;    ///< X-Session-ID, else the caller's URI
  std::string from_uri, to_uri;  ///< without parameters: sip:user@host[:port]
  std::string from_display;
  std::string request_uri;
  shared_headers x_headers;  ///< every X-..., spelling and order kept
  shared_headers headers;    ///< every other header of the INVITE, for routes
  socket_address remote_signalling;
  std::optional<call_id> replaces;  ///< inbound: takes this call's place at once (RFC 3891)
  std::optional<call_id> referrer;  ///< outbound: the peer of this call asked for it (REFER)
};

/// Why and by whom a call ended.
enum class ended_by : std::uint8_t { remote, local, timeout, error };
[[nodiscard]] const char* name_of(ended_by by);

struct call_incoming {
  call_info info;
};
struct call_outgoing {
  call_info info;
};
struct call_ringing {
  call_id id{};
  int status = 180;
};
struct call_answered {
  call_id id{};
  int status = 200;
  media::media_id media{};
  media::media_format format;
  socket_address local_rtp, remote_rtp;
};
/// Refused before an answer: by us (`rule` names the reason inside sipvoice) or by the peer
/// (`rule` is "remote").
struct call_rejected {
  call_info info;
  int status = 0;
  std::string reason;
  std::string rule;
};
/// `reason`: one word ("hangup", "cancelled", "no_ack", "no_answer", "rtp_timeout", "rtp_never",
/// "shutdown", "peer_gone", "dialog_gone", "session_expired", ...). `duration` from the answer,
/// else zero.
struct call_ended {
  call_id id{};
  ended_by by = ended_by::local;
  std::string reason;
  std::string detail;         ///< more of it in one line, where nobody could be called; else empty
  std::string remote_reason;  ///< the BYE's or CANCEL's Reason header, as it came; may be empty
  std::optional<int> q850_cause;   ///< of that header (RFC 3326)
  time_point answered_at = never;  ///< never: was not answered
  time_point ended_at{};
  std::optional<media::media_statistics> media;  ///< nothing when no media was opened
  /// What was sent last, of such a call: it may have changed since the answer.
  std::optional<audio::codec_id> codec = std::nullopt;
};
/// One side put the other on hold, or resumed. The two sides hold independently of each other.
struct call_held {
  call_id id{};
  bool on_hold = true;
  ended_by by = ended_by::remote;  ///< `local` (our re-INVITE was taken) or `remote`
};
/// Media of this id has been opened early (183 sent or received with SDP), before call_answered.
struct call_early_media {
  call_id id{};
  media::media_id media{};
  media::media_format format;
};
/// A digit that came in an INFO.
struct call_digit {
  call_id id{};
  char digit = '0';
  std::uint32_t duration_ms = 0;
};
/// An INFO of ours with a digit has ended; 408: without an answer. Told while the call is up.
struct call_digit_sent {
  call_id id{};
  int status = 200;
};
/// A request of send_in_dialog() has ended; 408: without an answer. Told while the call is up.
struct call_request_finished {
  call_id id{};
  std::string method;
  int status = 200;
  std::string reason;     ///< phrase of the status
  bool answered = false;  ///< the status is the peer's
  duration took{};
};
enum class request_handle : std::uint64_t {};
/// A request of a peer that endpoint_config::hold_request left to the application: it waits for
/// respond(). Without that it is answered with 500 half a minute later (60*T1), with 487 when the
/// call ends before (RFC 3261 15.1.2). Of one call eight wait at most, further ones get 503.
struct call_request {
  call_id id{};  ///< call_id{}: outside any dialog
  request_handle request{};
  std::string method;
  header_list headers;  ///< all of them, compact names written out
  std::string content_type, body;
};
/// A MESSAGE of the peer inside the dialog; text/plain of at most 8192 bytes, in whatever charset
/// its Content-Type says.
struct call_message {
  call_id id{};
  std::string content_type, text;
};
/// A MESSAGE outside any dialog (RFC 3428); bounds as those of call_message. URIs as in call_info.
struct page_message {
  std::string from_uri, to_uri;
  std::string content_type, text;
};
enum class transfer_state : std::uint8_t {
  trying,
  progress,  ///< `status` is a provisional of the referred call
  done,      ///< the referred call was answered; this one is being ended
  failed     ///< this call goes on
};
/// How a transfer goes on: `trying`, then `progress` as often as it is told, then `done` or
/// `failed` once.
struct call_transfer {
  call_id id{};
  bool by_us = true;  ///< we asked the peer to go there; else the peer asked us
  transfer_state state = transfer_state::trying;
  /// Of the referred call, or of the refused REFER; 0 where there was none.
  int status = 0;
  /// The phrase of `status`; else "no_answer" (of the REFER), "no_notify", "expired", "call_ended",
  /// or the reason for which the peer ended the subscription.
  std::string reason;
  std::string target;
  std::optional<call_id> new_call;  ///< with `trying`, when the peer asked: the call that follows
};
using call_event =
    std::variant<call_incoming, call_outgoing, call_ringing, call_early_media, call_answered,
                 call_held, call_digit, call_digit_sent, call_message, page_message, call_transfer,
                 call_rejected, call_ended, client_event, call_request_finished, call_request>;

/// The shell binds a pair on the family and address that reach `peer` and calls media_port().
struct need_media_port {
  call_id id{};
  ip_address peer;
};
/// A pair that was handed over but never used by a media_open (those are freed by media_close).
struct release_media_port {
  media::port_pair_id ports{};
};
enum class question_id : std::uint64_t {};
/// The shell asks the domain name system (for A and AAAA also its own table of hosts) and calls
/// dns_answer() once, later.
struct dns_question {
  question_id id{};
  sip::dns_type type = sip::dns_type::a;
  std::string name;
};
/// Open a connection and call flow_opened() or flow_failed(); then its bytes go by sip::transmit.
struct open_flow {
  flow_id flow{};
  sip::transport transport = sip::transport::tcp;
  socket_address remote;
  std::string
      server_name;  ///< TLS: whose certificate it must be; empty: the address is all we know
};
/// Send what is still queued, then close. Nothing more is told of it.
struct close_flow {
  flow_id flow{};
  std::string why;
};
/// Something worth a log line. `level`: 0 debug, 1 info, 2 warning.
struct log_line {
  int level = 0;
  std::string text;
};
using output = std::variant<sip::transmit, open_flow, close_flow, dns_question, need_media_port,
                            release_media_port, media::media_open, media::media_change,
                            media::media_close, call_event, log_line>;

/// A bound RTP/RTCP pair.
struct media_ports {
  media::port_pair_id id{};
  socket_address rtp;  ///< local address to advertise (never unspecified) and the even port
};

/// What a request that ends a call says of its cause (RFC 3326).
struct end_cause {
  std::optional<int> q850 = {};  ///< 0 to 127; nothing: no Reason is sent
  std::string text = {};         ///< UTF-8 without control characters; empty: none
  /// The whole value of Reason, in place of the two above; one that cannot stand in a header is
  /// none.
  std::string raw = {};
};

struct answer_options {
  header_list headers;  ///< extra headers of the 2xx; false where one is not ours to set
  /// What this call takes, best first, in place of the endpoint's; false where it is empty, or a
  /// description of ours has gone out already. When the offer has none of them the answer is 488:
  /// answer() returns true, and call_rejected tells (rule "no_common_codec").
  std::optional<std::vector<audio::codec_id>> codecs = {};
};

/// One request of the application inside the dialog of a call.
struct in_dialog_request {
  /// INFO, MESSAGE, OPTIONS, NOTIFY, SUBSCRIBE, UPDATE or any other token; what has a command of
  /// its own (INVITE, ACK, BYE, CANCEL, PRACK, REFER) or no place here (REGISTER, PUBLISH) is none.
  std::string method;
  header_list headers = {};
  std::string content_type = {}, body = {};  ///< at most 8192 bytes, MESSAGE 1024, UPDATE none
  bool offer = false;  ///< UPDATE: with our description as it is (RFC 3311), and no other body
};
/// How the application answers a call_request.
struct request_answer {
  int status = 200;         ///< 200 to 699
  std::string reason = {};  ///< empty: the standard phrase
  header_list headers = {};
  std::string content_type = {}, body = {};  ///< at most 8192 bytes
};

/// What a re-INVITE of ours changes; what is not given stays.
struct media_modification {
  std::optional<std::vector<audio::codec_id>> codecs;  ///< offered from now on, best first
  std::optional<media::direction> direction;           ///< what we want besides hold
  bool late_offer = false;  ///< no offer in it: the peer's comes in the 2xx (RFC 3261 14.1)
  std::optional<duration> ptime = {};  ///< asked for by a=ptime: 10, 20, 30, 40 or 60 ms
  header_list headers = {};            ///< of this request alone, not of later ones
};

struct dial_request {
  std::string target;                                  ///< sip URI
  std::string from;                                    ///< sip URI; empty: sip:sipvoice@LOCAL
  header_list headers;                                 ///< of the INVITE
  std::optional<std::string> proxy;                    ///< sip URI to send to (a loose route)
  duration answer_timeout = std::chrono::seconds(30);  ///< of all tries together; zero: none
  std::vector<account> accounts = {};  ///< for challenges of the target, or of the proxy
  bool late_offer = false;             ///< INVITE without an offer: the peer's comes in its answer
  bool follow_redirects = true;        ///< 300, 301, 302; else they are refusals like any other
  /// Offered, or taken of a late offer, best first, in place of the endpoint's.
  std::optional<std::vector<audio::codec_id>> codecs = {};
  std::optional<duration> session_expires = {};  ///< in place of the endpoint's; zero: none
};

struct endpoint_counters {
  sip::user_agent_counters sip;
  std::uint64_t rate_limited = 0;   ///< answered 503 by the source limiter
  std::uint64_t rate_silenced = 0;  ///< dropped by it
  std::uint64_t calls_in = 0, calls_out = 0, rejected = 0;
};

/// What an endpoint holds for calls. All zero once every call is over and its timers have run out;
/// what is not is a leak.
struct endpoint_inventory {
  std::size_t calls = 0;         ///< objects, those included that only wait for their last timers
  std::size_t transactions = 0;  ///< of the SIP core, both kinds
  std::size_t keys = 0;          ///< entries of the tables that find a call
  std::size_t deadlines = 0;     ///< of calls
  std::size_t outputs = 0;       ///< not polled yet
  friend bool operator==(const endpoint_inventory&, const endpoint_inventory&) = default;
};

class endpoint {
 public:
  /// Throws std::invalid_argument for a user_agent or auth_realm with CR, LF or NUL.
  endpoint(endpoint_config config, random_source& random, host_environment& host);
  ~endpoint();
  endpoint(const endpoint&) = delete;
  endpoint& operator=(const endpoint&) = delete;

  // --- what the shell puts in
  void add_listener(const listener& l);
  /// One datagram. `local`: the local address it was sent to (never unspecified).
  void receive(flow_id flow, const socket_address& from, const ip_address& local, std::string bytes,
               time_point now);
  /// Bytes of a stream connection, any number of them.
  void receive(flow_id flow, std::string_view segment, time_point now);
  /// A peer has connected to a listener. Nothing: there are too many, close it at once.
  [[nodiscard]] std::optional<flow_id> flow_accepted(flow_id listener, const socket_address& remote,
                                                     const socket_address& local, time_point now);
  /// Answers to open_flow; `local` is the connection's own address. After TLS's handshake.
  void flow_opened(flow_id flow, const socket_address& local, time_point now);
  void flow_failed(flow_id flow, const std::string& why, time_point now);
  /// A connection has ended, by its peer or by an error; not after close_flow.
  void flow_closed(flow_id flow, const std::string& why, time_point now);
  /// A datagram could not be delivered: nobody is at that port (ICMP). Requests that have another
  /// place to go to go there at once (RFC 3263 section 4.3); all others are repeated as if nothing
  /// had come, since ICMP can be forged and a peer may be starting.
  void peer_unreachable(const socket_address& remote, time_point now);
  void handle_timeout(time_point now);
  /// Answer to dns_question.
  void dns_answer(question_id id, const sip::dns_reply& reply, time_point now);
  /// Answer to need_media_port; nothing: no port is free (503).
  void media_port(call_id id, std::optional<media_ports> ports, time_point now);
  /// media_timed_out, media_failed and media_closed matter here; others are ignored.
  void handle(const media::media_event& event, time_point now);

  // --- commands; of an id that is unknown or in the wrong state they do nothing and return false,
  // as they do with headers that are not the application's to set (the message's own, unsafe ones)
  bool ring(call_id id, time_point now, const header_list& headers = {});
  bool early_media(call_id id, time_point now, const header_list& headers = {});
  bool answer(call_id id, const answer_options& options, time_point now);
  /// `status`: 300 to 699. A Retry-After among the headers takes the place of our own.
  bool reject(call_id id, int status, std::string reason, std::string rule, time_point now,
              const header_list& headers = {});
  /// 302, or 301, to this URI, which is one that may stand in a header.
  bool redirect(call_id id, const std::string& target, std::string rule, time_point now,
                int status = 302);
  /// CANCEL, BYE or 480 as it must be; BYE and 480 tell the cause.
  bool hang_up(call_id id, std::string reason, time_point now, const end_cause& cause = {});
  /// Holds the peer, or resumes; call_held tells when it has agreed. A peer that refuses leaves
  /// everything as it was.
  bool hold(call_id id, time_point now);
  bool resume(call_id id, time_point now);
  /// By re-INVITE; before the answer by UPDATE, where descriptions have been exchanged reliably.
  bool modify(call_id id, const media_modification& change, time_point now);
  call_id dial(const dial_request& request, time_point now);
  /// Sends the peer of a call that is up to `target`, a sip or sips URI without headers (blind
  /// transfer). False also while a transfer of it is under way. call_transfer tells what comes of
  /// it; when the peer is connected there, the call is ended with the reason "transferred". A peer
  /// that we hold at that moment is resumed when its transfer has failed.
  bool transfer(call_id id, const std::string& target, time_point now);
  /// Sends the peer of `id` to the far end of `other`, whose place there it takes (attended
  /// transfer). Both calls are up.
  bool transfer_to_call(call_id id, call_id other, time_point now);
  /// A digit in an INFO (application/dtmf-relay): 0-9 * # A-D, 1 ms to a minute. Who sends the next
  /// one after call_digit_sent keeps their order over UDP, too.
  bool send_info_digit(call_id id, char digit, std::uint32_t duration_ms, time_point now);
  /// A MESSAGE of at most 1024 bytes inside the dialog of a call that is up.
  bool send_message(call_id id, const std::string& content_type, std::string body, time_point now);
  /// One request inside the dialog of a call that is up; call_request_finished tells its end. False
  /// also for a request that cannot be sent as it is, while eight of ours wait for their answers,
  /// and for an offer while another description is under way.
  bool send_in_dialog(call_id id, const in_dialog_request& request, time_point now);
  /// Answers a call_request (call_id{}: one outside any dialog). False: it does not wait any more,
  /// or the answer cannot be sent as it is; then it waits on.
  bool respond(call_id id, request_handle request, const request_answer& answer, time_point now);
  /// Registers and stays registered; client_event tells how it goes. call_id{}: there are too many,
  /// or a header cannot be set (CR, LF or NUL in it or in a URI; one that is the message's own).
  call_id register_account(const registration_request& what, time_point now);
  bool unregister(call_id id, time_point now);
  void unregister_all(time_point now);
  /// One request outside a dialog; request_finished tells its end. `timeout` zero: 64*T1. call_id{}
  /// as from register_account.
  call_id send_request(const outgoing_request& what, duration timeout, time_point now);
  /// From now on every new INVITE is answered 503.
  void stop_accepting();
  /// From now on every call that is dialled, and every one that a REFER asks for, ends at once by
  /// `shutdown`; nothing of it is sent.
  void stop_placing();
  /// The process ends: what has been answered and waits for its ACK ends here, without a BYE, which
  /// may not go out before the ACK (RFC 3261 section 15).
  void stop_waiting(time_point now);

  // --- what comes out
  [[nodiscard]] std::optional<output> poll();
  [[nodiscard]] time_point next_deadline() const;

  [[nodiscard]] std::size_t calls() const;  ///< alive, all states
  [[nodiscard]] std::size_t unanswered_byes()
      const;  ///< ours, and INVITEs given up, not answered yet
  [[nodiscard]] std::size_t transactions() const;
  [[nodiscard]] std::size_t flows() const;  ///< stream connections, open or being opened
  [[nodiscard]] endpoint_counters counters() const;
  [[nodiscard]] endpoint_inventory inventory() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace sipvoice::call
