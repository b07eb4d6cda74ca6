// What the calls of one engine share: whom they command, and where their outputs go. Private to
// `session`.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sipvoice/base/output_queue.hpp"
#include "sipvoice/call/endpoint.hpp"
#include "sipvoice/session/direct_calls.hpp"
#include "sipvoice/session/engine.hpp"
#include "sipvoice/session/events.hpp"
#include "sipvoice/session/sound_store.hpp"

namespace sipvoice::session {

/// Results of recordings as the sound store tells them. They carry no time, so they wait here for
/// the next handle_timeout(now); `next_deadline` is at once while there are any.
struct recording_mailbox {
  struct letter {
    call::call_id call{};
    media::record_handle handle = 0;
    recording_result result;
  };
  std::vector<letter> letters;
};

struct engine_context {
  engine_context(call::endpoint& e, sound_store& s, clock_reading c)
      : endpoint(e), sounds(s), clock(c) {}

  call::endpoint& endpoint;
  sound_store& sounds;
  clock_reading clock;
  direct_calls direct;
  bool json = false;
  bool values = false;                 ///< events are told as values too
  bool vad = false, barge_in = false;  ///< of every call, whatever its plan says
  event_texts texts = event_texts::all;
  std::vector<call::call_id> to_consult;  ///< calls whose plan wants another placed now
  output_queue<engine_output> out;
  std::shared_ptr<recording_mailbox> mailbox = std::make_shared<recording_mailbox>();

  void tell(const call::call_info* call, time_point when, event_kind kind) {
    if (values) tell_value(call, kind);
    if (!json && texts == event_texts::none) return;
    event_line line = make_line({clock.at(when), call, std::move(kind)}, json, texts);
    if (json || !line.text.empty()) out.emplace_back(std::move(line));
  }
  void tell_value(const call::call_info* call, const event_kind& kind) {
    const bool whole = call != nullptr && (std::holds_alternative<call_opened_event>(kind) ||
                                           std::holds_alternative<rejected_event>(kind));
    out.emplace_back(told{call != nullptr ? call->id : call::call_id{},
                          whole ? std::optional(*call) : std::nullopt, kind});
  }
  /// Whatever kind of call it is.
  bool hang_up(call::call_id call, const std::string& reason, time_point now,
               const call::end_cause& cause = {}) {
    if (!direct_calls::owns(call)) return endpoint.hang_up(call, reason, now, cause);
    return end_direct(call, call::ended_by::local, reason);
  }
  bool end_direct(call::call_id call, call::ended_by by, const std::string& reason) {
    const auto media = direct.end(call, by, reason);
    if (media) out.emplace_back(media::media_close{*media});
    return media.has_value();
  }
  void command(media::media_id media, media::command_body body) {
    out.emplace_back(media::media_command{media, std::move(body)});
  }
};

}  // namespace sipvoice::session
