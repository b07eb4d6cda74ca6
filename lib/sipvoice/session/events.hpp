// The event stream: what happened, as one JSON object a line (--events) and as one short line for a
// person. Names and fields are a contract with dashboards and pipelines: add, never rename.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "sipvoice/audio/codec.hpp"
#include "sipvoice/base/time.hpp"
#include "sipvoice/call/endpoint.hpp"
#include "sipvoice/media/values.hpp"
#include "sipvoice/session/event_line.hpp"
#include "sipvoice/session/sound_store.hpp"

namespace sipvoice::session {

/// RFC 3339 in UTC with microseconds: "2024-02-29T12:34:56.000001Z".
[[nodiscard]] std::string format_time(wall_time when);

/// A listener is bound; `address` as in --listen, with the real port: "udp:127.0.0.1:5060".
struct listening_event {
  std::string address;
};
/// call_incoming or call_outgoing, as the call's direction says.
struct call_opened_event {};
struct ringing_event {
  int status = 180;
};
struct answered_event {
  int status = 200;  ///< 0: a call without signalling
  media::media_format format;
  socket_address local_rtp, remote_rtp;
};
struct rejected_event {
  int status = 0;
  std::string reason, rule;
};
struct dtmf_event {
  char digit = '0';
  std::uint32_t duration_ms = 0;
  const char* method = "rfc4733";
  bool complete = true;
};
struct play_started_event {
  std::string source;
};
struct play_finished_event {
  std::string source;
  std::uint64_t played_ms = 0;
  bool completed = true;
};
/// Times are of the speech itself, since the answer.
struct speech_event {
  bool speaking = true;
  std::int64_t at_ms = 0;
};
struct barge_in_event {
  std::int64_t at_ms = 0;
};
struct record_started_event {
  std::string file;
};
struct record_finished_event {
  std::string file;
  std::uint64_t duration_ms = 0;
  std::string waveform = {};  ///< the picture of it; empty: none
};
struct live_started_event {
  std::string device;
};
struct live_finished_event {
  std::string device;
  live_report report;
};
/// How a transfer goes on; told as `transfer` with the state as a word.
struct transfer_event {
  call::call_transfer what;
};
/// A MESSAGE that came, inside the dialog of the call or outside any.
struct message_event {
  std::string content_type, text;
  std::string from = {}, to = {};  ///< of one outside; in a call they are the call's
};
/// A request of the application inside the call has ended; told as `request_finished`.
struct request_finished_event {
  call::call_request_finished what;
};
/// A request of the peer that the application answers; told as `request_received`.
struct request_event {
  call::call_request what;
};
/// hold or resume, and who asked for it.
struct held_event {
  bool on_hold = true;
  call::ended_by by = call::ended_by::remote;
};
struct ended_event {
  call::ended_by by = call::ended_by::local;
  std::string reason;
  std::string detail;             ///< more of the reason in one line; mostly empty
  std::string remote_reason;      ///< the Reason header of the BYE or CANCEL; empty: none came
  std::optional<int> q850_cause;  ///< of that header
  bool answered = false;
  std::int64_t duration_ms = 0;
  std::optional<media::media_statistics> media;  ///< nothing: no media was opened
  std::optional<audio::codec_id> codec;          ///< of what we sent
};
/// registered, registration_failed, unregistered or request_finished; of no call.
struct client_event_line {
  call::client_event event;
};
struct error_event {
  std::string message;
  std::string file;  ///< what it concerns, where that is a file; else empty
};

using event_kind =
    std::variant<listening_event, call_opened_event, ringing_event, answered_event, rejected_event,
                 dtmf_event, play_started_event, play_finished_event, record_started_event,
                 record_finished_event, held_event, transfer_event, message_event, ended_event,
                 error_event, client_event_line, speech_event, barge_in_event, live_started_event,
                 live_finished_event, request_finished_event, request_event>;

struct event {
  wall_time time{};
  const call::call_info* call = nullptr;  ///< nullptr: the event is of no call
  event_kind kind;
};

/// One JSON object without a line end; always valid UTF-8, whatever bytes the peer sent.
[[nodiscard]] std::string to_json(const event& e);
/// One line for a person; control characters and foreign bytes are escaped.
[[nodiscard]] std::string to_text(const event& e);
/// Whether a person should look at it: errors, refusals by the peer, calls that heard nothing.
[[nodiscard]] bool is_warning(const event& e);
/// "trying", "progress", "done", "failed".
[[nodiscard]] const char* name_of(call::transfer_state state);
/// The forms that are asked for; the others stay empty.
[[nodiscard]] event_line make_line(const event& e, bool json, event_texts texts);

}  // namespace sipvoice::session
