// What signalling and media say to each other: values only, posted between loops.
//
// A `call` owns no media session. It emits media_open, media_change and media_close; `session`
// emits media_command; the shell makes the media_session on a worker and returns media_event.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "sipvoice/audio/clip.hpp"
#include "sipvoice/audio/codec.hpp"
#include "sipvoice/base/address.hpp"
#include "sipvoice/base/time.hpp"
#include "sipvoice/base/wrapping.hpp"
#include "sipvoice/rtp/jitter_buffer.hpp"
#include "sipvoice/sdp/format.hpp"

namespace sipvoice::media {

enum class media_id : std::uint64_t {};
/// An even/odd port pair that the shell has bound; belongs to one call until it is given back.
enum class port_pair_id : std::uint64_t {};

using rtp::playout_mode;
using sdp::direction;

struct codec_mapping {
  payload_type type{};
  audio::codec_id codec{};
  friend bool operator==(const codec_mapping&, const codec_mapping&) = default;
};

/// What was negotiated for one audio stream.
struct media_format {
  codec_mapping send;                   ///< the peer's payload type number
  audio::encoder_options send_options;  ///< what the peer's fmtp asks for
  std::vector<codec_mapping> receive;   ///< our numbers; what else comes is rejected
  std::optional<payload_type> dtmf_send, dtmf_receive;
  std::uint32_t dtmf_clock_rate = 8000;
  std::optional<payload_type> comfort_noise;
  std::uint32_t ptime_ms = 20;  ///< of what we send
  friend bool operator==(const media_format&, const media_format&) = default;
};

enum class latch_mode : std::uint8_t { off, same_ip, any };

struct media_parameters {
  socket_address remote_rtp;  ///< port 0: nothing is sent until an address comes
  socket_address remote_rtcp;
  bool rtcp_mux = false;  ///< RTCP comes and goes on the RTP port (RFC 5761)
  media_format format;
  media::direction direction = media::direction::both;  ///< ours
  bool on_hold = false;                                 ///< either side holds: no media timeouts
};

/// How sound is heard and sent, of one session from its beginning to its end.
struct sound_settings {
  rtp::playout_delays delays{};
  bool conceal = true;       ///< what is missing is made up; else it is silence
  bool fill_silence = true;  ///< packets go out also where nothing is to be said
};

struct media_open {
  media_id id{};
  port_pair_id ports{};
  media_parameters parameters;
  latch_mode latch = latch_mode::same_ip;
  sound_settings sound{};
  duration inactivity_timeout{};     ///< media stopped; zero: off
  duration establishment_timeout{};  ///< media never started; zero: off; counts from media_start
  ssrc local_ssrc{};
  sequence_number first_sequence{};
  rtp_timestamp first_timestamp{};
  std::uint64_t rtcp_seed = 0;  ///< of report intervals and the CNAME
};
/// A re-INVITE: applied between two packets. A new remote SDP starts latching anew.
struct media_change {
  media_id id{};
  media_parameters parameters;
};
/// Ends the session; `media_closed` with the final statistics follows, the ports are free after it.
struct media_close {
  media_id id{};
};

/// Where a recording's samples go. `write` is called on the media worker every tick with equally
/// many samples heard and sent; it never blocks, locks or allocates. Implemented by `device`.
class recording_sink {
 public:
  virtual ~recording_sink() = default;
  virtual void write(std::span<const std::int16_t> heard, std::span<const std::int16_t> sent) = 0;
  /// No more writes follow.
  virtual void close() = 0;
  /// Asked after every write: true, and `sound_news` is told. Its reader bounds how often.
  [[nodiscard]] virtual bool take_news() { return false; }
};

/// Sound that an application sends. `read` is called on the media worker once a tick, where neither
/// a digit, a prompt nor an echo has the line; it never blocks, locks or allocates.
class sound_source {
 public:
  virtual ~sound_source() = default;
  /// Of what `read` gives; always the same.
  [[nodiscard]] virtual std::uint32_t sample_rate() const = 0;
  /// Fills the front of `frame` with what goes out in this tick; how many samples. 0: nothing is to
  /// be said.
  [[nodiscard]] virtual std::size_t read(std::span<std::int16_t> frame) = 0;
  /// The other side has begun to speak: what waits is dropped. True: something did.
  virtual bool interrupt() = 0;
  /// Asked after every read, as with recording_sink.
  [[nodiscard]] virtual bool take_news() = 0;
};

/// A microphone and a speaker, both mono and of one rate. `read` and `write` are called on the
/// media worker once a tick, for equally much time; they never block, lock or allocate. What is
/// missing is silence. Implemented by `device`.
class live_sound {
 public:
  virtual ~live_sound() = default;
  [[nodiscard]] virtual std::uint32_t sample_rate() const = 0;
  /// All of `frame`.
  virtual void read(std::span<std::int16_t> frame) = 0;
  virtual void write(std::span<const std::int16_t> frame) = 0;
};

using play_handle = std::uint32_t;
using record_handle = std::uint32_t;

struct play_command {
  play_handle handle = 0;
  std::shared_ptr<const audio::clip> clip;
  bool loop = false;  ///< goes to the end of the queue again when it has ended
};
/// Drops what plays and what is queued; each that had begun tells play_finished with
/// completed=false.
struct stop_play_command {};
struct echo_command {
  bool on = true;
};
/// The microphone goes out where no prompt or digit does, what is heard goes to the speaker.
/// Without a sound: no more.
struct live_command {
  std::shared_ptr<live_sound> sound;
};
struct record_command {
  record_handle handle = 0;
  std::shared_ptr<recording_sink> sink;
  duration max_duration{};  ///< zero: no limit; reached: the sink is closed, record_stopped is told
  std::uint32_t sample_rate = 0;  ///< of what is written; 0: of the codec we send now
  /// Steady: a file, a comparison, a program that wants a steady clock; adaptive: who listens now.
  playout_mode playout = playout_mode::steady;
};
struct stop_record_command {
  record_handle handle = 0;
};
/// Digits 0-9 * # A-D, `w` half a second's pause, `W` one second; queued behind what is being sent.
struct send_digits_command {
  std::string digits;
  duration each = std::chrono::milliseconds(160);
  duration gap = std::chrono::milliseconds(80);
  bool in_sound = false;  ///< as tones, also where telephone-events were agreed
};
/// From now on the other side's speech is listened for; without this it costs nothing.
struct watch_speech_command {
  bool tell = true;       ///< speech_started and speech_stopped
  bool barge_in = false;  ///< speech that begins while a prompt plays stops all prompts
};
/// Goes out where no prompt or digit does, before the microphone. Without a source: no more.
struct source_command {
  std::shared_ptr<sound_source> source;
};
/// Digits in the sound are listened for even where telephone-events were agreed.
struct watch_tones_command {
  bool on = true;
};
/// From now on `statistics_now` is told so often (at once, too).
struct watch_statistics_command {
  duration every = std::chrono::seconds(1);
};
/// The call is answered: counting of durations and of the establishment timeout begins. Answered
/// by media_started.
struct start_command {};

using command_body =
    std::variant<start_command, play_command, stop_play_command, echo_command, record_command,
                 stop_record_command, send_digits_command, watch_speech_command, live_command,
                 source_command, watch_statistics_command, watch_tones_command>;
struct media_command {
  media_id id{};
  command_body body;
};

/// Figures of one stream, both directions. "Not measured" is nothing, never a made-up number.
struct media_statistics {
  std::uint64_t packets_sent = 0;
  std::uint64_t packets_received = 0;  ///< each sequence number once, telephone-events included
  std::uint64_t lost = 0, late = 0, reordered = 0, duplicate = 0;
  std::uint64_t rejected = 0;  ///< from a source or with a payload type that was not agreed
  std::uint64_t malformed = 0;
  std::uint64_t concealed_ms = 0;
  std::uint64_t ssrc_changes = 0;    ///< telephone-events under an SSRC of their own are none
  std::uint64_t digits_dropped = 0;  ///< beyond the bound of a second: see digit_ear
  std::uint64_t late_ticks = 0;      ///< slices that the worker began too late and caught up
  std::uint64_t record_overruns = 0;
  double jitter_ms = 0;                   ///< RFC 3550 A.8, of the last SSRC
  std::optional<double> first_packet_ms;  ///< since start_command; 0 when it came before
  std::optional<double> round_trip_ms;
  std::optional<double> mos;
  socket_address remote_sdp;
  std::optional<socket_address> remote_observed;
};
/// "both", "received_only", "sent_only", "none".
[[nodiscard]] const char* audio_verdict(const media_statistics& s);

struct first_packet {};
/// How a digit comes or goes: telephone-event, SIP INFO, tones in the sound.
enum class digit_method : std::uint8_t { rfc4733, info, inband };
struct digit_received {
  char digit = '0';
  std::uint32_t duration_ms = 0;
  bool complete = true;  ///< false: its end did not come
  digit_method method = digit_method::rfc4733;
};
struct play_started {
  play_handle handle = 0;
};
struct play_finished {
  play_handle handle = 0;
  std::uint64_t played_ms = 0;  ///< what of it has gone out
  bool completed = true;
  bool barged = false;  ///< speech has cut it off; barged_in follows
};
/// Times are those of the speech itself, in ms since start_command: it is known to have begun
/// 40 ms later, and to have ended 400 ms later.
struct speech_started {
  std::int64_t at_ms = 0;
};
struct speech_stopped {
  std::int64_t at_ms = 0;
};
/// Speech has ended everything that played and waited; `at_ms` is that moment.
struct barged_in {
  std::int64_t at_ms = 0;
};
struct record_stopped {
  record_handle handle = 0;  ///< its max_duration was reached
};
struct digits_sent {};
/// Every digit of the command has reached its end on the wire, which the other side may act on; its
/// repeated end packets and the last gap are still to come, then digits_sent.
struct digits_out {};
struct media_timed_out {
  bool never_started = false;
};
/// RTCP BYE of the peer, and no more of its packets after it. A call that is signalled goes by its
/// signalling.
struct peer_left {};
struct media_closed {
  media_statistics statistics;
};
/// The session is at work, and start_command has reached it.
struct media_started {};
/// The session could not be made; the shell tells it in the session's place. media_close is still
/// to be given, and media_closed follows on it.
struct media_failed {
  std::string why;
};
/// A sink or a source of the application has something for its owner.
struct sound_news {};
/// What media_closed would say at this moment.
struct statistics_now {
  media_statistics statistics;
};
using event_body = std::variant<first_packet, digit_received, play_started, play_finished,
                                record_stopped, digits_sent, media_timed_out, media_closed,
                                digits_out, speech_started, speech_stopped, barged_in, peer_left,
                                media_started, media_failed, sound_news, statistics_now>;
struct media_event {
  media_id id{};
  event_body body;
};

}  // namespace sipvoice::media
