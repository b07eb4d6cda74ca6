// One call, as an application holds it.
//
// A Session is a handle: copies mean the same call, and all of them may be kept for as long as one
// likes. After the call has ended every command answers `Outcome::ended` and does nothing; what the
// call was (`id()`, `metadata()`, `call_record()`) stays readable.
//
// Commands and getters are called on the backend's loop: from its callbacks, or from a function
// given to Backend::post(). No callback runs inside a command: what a command causes is told later.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sipvoice/error.hpp"
#include "sipvoice/export.hpp"
#include "sipvoice/values.hpp"

namespace sipvoice {
namespace api {
class control;
struct session_state;
}  // namespace api
inline namespace v0 {

/// What send_audio() did.
struct Sent {
  Outcome outcome = Outcome::done;  ///< `full`: not all was taken, on_audio_ready() tells when to
                                    ///< go on
  std::size_t taken = 0;            ///< of what was given: samples, or bytes where bytes were given
};

/// Gives the next piece of a response, PCM samples; an empty one ends the response. Called on the
/// loop, whenever the queue has room; it may not block.
using AudioChunks = std::function<std::vector<std::int16_t>()>;

/// One call, or one pair of RTP ports: a handle that can be copied and outlives what it names.
/// After the end its commands return Outcome::ended.
class SIPVOICE_API Session {
 public:
  /// X-Session-ID; else Call-ID, with -2, -3, ... where that is taken.
  [[nodiscard]] const std::string& id() const;
  /// X-Session-ID; else the caller's URI. What connect() has bound, after that.
  [[nodiscard]] const std::string& participant_id() const;
  /// X-Room-ID; else Call-ID. What connect() has bound, after that.
  [[nodiscard]] const std::string& room_id() const;
  /// What connect() has bound; else empty.
  [[nodiscard]] const std::string& channel_id() const;
  /// What is known of the call.
  [[nodiscard]] const Metadata& metadata() const;
  /// How far it has got.
  [[nodiscard]] State state() const;
  /// How its media do: renewed twice a second while they run, final after the end, as in
  /// call_record(). Nothing before they run, and where none were opened. Asks nobody and waits for
  /// nothing.
  [[nodiscard]] const std::optional<MediaStatistics>& media_statistics() const;
  /// Nothing before the end.
  [[nodiscard]] const std::optional<CallRecord>& call_record() const;
  /// The same call.
  friend bool operator==(const Session& a, const Session& b) { return a.state_ == b.state_; }

  // --- before the answer of a call that came in (RFC 3261 section 13.3)
  Outcome ring();         ///< 180
  Outcome early_media();  ///< 183 with our description: play() and send_audio() are heard
  Outcome answer(const Headers& headers = {});  ///< 200 with these headers; on_call() follows
  Outcome reject(int status = 486, const std::string& reason = {});  ///< 300 to 699
  Outcome redirect(const std::string& target);                       ///< 302 to this SIP URI

  // --- in the call
  /// Behind what plays. The file is decoded at its first use (Backend::prepare_file()); any format
  /// of libsndfile.
  Outcome play(const std::string& file, bool loop = false);
  /// The same for a text, spoken by a program of its own (Backend::prepare_text()).
  Outcome say(const std::string& text, const std::string& voice = {});
  Outcome stop_playing();        ///< drops what plays and waits of play() and say()
  Outcome echo(bool on = true);  ///< what is heard is sent back; nothing else is sent meanwhile
  /// A WAV file of both sides mixed, or one in each channel. Its name ends in .wav and may
  /// hold {call_id}, {session_id}, {room_id}, {caller}, {callee}, {n} and {start}. One recording at
  /// a time; on_recorded() tells of the file.
  Outcome record(const std::string& file, bool stereo = false,
                 std::chrono::milliseconds max_duration = {});
  /// Ends it; on_recorded() tells of the file.
  Outcome stop_recording();
  Outcome hold();    ///< on_hold() tells when the other side has agreed
  Outcome resume();  ///< the same
  /// Sends the other side to this SIP URI (REFER, RFC 3515); on_transfer() tells what comes of it.
  Outcome transfer(const std::string& target);
  /// Sends the other side to the other side of `other`, whose place it takes there (attended
  /// transfer: Replaces, RFC 3891). Both sessions are active and of the same backend. on_transfer()
  /// tells what comes of it; where it is done both sessions end.
  Outcome transfer(const Session& other);
  /// Ends the session: BYE, as soon as an ACK allows it; 480 to a call that rings; CANCEL of one
  /// that was dialled. `cause` 0 to 127 (Q.850) goes out in a Reason header (RFC 3326) with the
  /// text.
  Outcome disconnect(int cause = 16, const std::string& text = {});
  /// Gives up a call that was dialled and is not answered yet.
  Outcome cancel();

  // --- sound that is sent
  /// Queues samples behind those that wait, and takes as many as fit. `sample_rate` in Hz, 0: that
  /// of the codec. They go out in frames, paced by the media worker; between them, silence.
  Sent send_audio(std::span<const std::int16_t> samples, std::uint32_t sample_rate = 0);
  /// The same of 16-bit little-endian bytes; an odd last byte is not taken.
  Sent send_audio(std::span<const std::byte> bytes, std::uint32_t sample_rate = 0);
  /// Queues all of it, waiting for room as often as it must. `completion` is called once, never
  /// within this call: when all of it lies in the queue (`done`), or when the rest was dropped
  /// (`cancelled`, `ended`); `taken` says how much was queued. One at a time: `full` while another
  /// one waits, and then `completion` is not called, as with every answer but `done`.
  Outcome send_audio(std::vector<std::int16_t> samples, std::uint32_t sample_rate,
                     std::function<void(Session&, const Sent&)> completion);
  /// Takes pieces from `chunks` as they are needed, until it gives an empty one, which ends the
  /// response. Another stream, or cancel_audio(), drops it.
  Outcome send_audio(AudioChunks chunks, std::uint32_t sample_rate = 0);
  /// Nothing more belongs to this response: on_audio_finished() follows when it has gone out.
  Outcome end_of_response();
  /// Drops what waits: the frame that is going out is the last one. Tells how much of the response
  /// has gone out.
  Played cancel_audio();
  /// Something of send_audio() is going out or waits.
  [[nodiscard]] bool is_playing() const;
  /// What waits, in milliseconds; never more than Config::pacer_headroom.
  [[nodiscard]] std::chrono::milliseconds queued_audio() const;

  // --- digits
  /// 0-9 * # A-D, `w` half a second's pause, `W` one second.
  Outcome send_dtmf(const std::string& digits, DtmfMethod method = DtmfMethod::negotiated);

 private:
  friend class api::control;
  explicit Session(std::shared_ptr<api::session_state> state) : state_(std::move(state)) {}
  std::shared_ptr<api::session_state> state_;
};

}  // namespace v0
}  // namespace sipvoice
