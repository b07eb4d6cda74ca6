// What a voice backend does with its calls: plans from a chooser, actions, call records, events.
//
// Stands between the endpoint (which it commands directly) and the shell. Plain object: the shell
// hands it every call_event of the endpoint and every media_event, and drains poll().
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sipvoice/base/time.hpp"
#include "sipvoice/call/endpoint.hpp"
#include "sipvoice/media/values.hpp"
#include "sipvoice/session/direct.hpp"
#include "sipvoice/session/event_line.hpp"
#include "sipvoice/session/events.hpp"
#include "sipvoice/session/plan.hpp"
#include "sipvoice/session/sound_store.hpp"

namespace sipvoice::session {

/// How a call went, for exit codes and last lines.
struct call_record {
  call::call_info info;
  bool answered = false;
  int status = 0;                    ///< final status: 200, or of the refusal
  std::string reason;                ///< phrase of the refusal, or the one word of call_ended
  std::string detail;                ///< more of the reason of call_ended in one line; mostly empty
  std::string rule;                  ///< of call_rejected
  std::optional<call::ended_by> by;  ///< nothing: it was rejected
  std::int64_t duration_ms = 0;
  std::optional<media::media_statistics> media;
  bool plan_completed = false;      ///< every prompt and digit of the plan (not looped) went out
  std::vector<std::int16_t> heard;  ///< with capture_heard
  std::uint32_t heard_rate = 8000;
  std::string error;  ///< of a recording
  /// The last transfer that we asked for.
  std::optional<call::call_transfer> transfer;
  /// We placed it for an attended transfer: the call whose peer was to take our place in it.
  std::optional<call::call_id> consulted_for;
};
/// The call is over, everything of it is closed.
struct call_finished {
  call_record record;
};
/// A recording failed (disk full, ...): the process ends with 3.
struct recording_failed {
  std::string message;
};

/// Of a registration or a single request; its event_line has been told before.
struct client_told {
  call::client_event event;
};

/// An event as a value, for an application (tell_values()).
struct told {
  call::call_id call{};                 ///< call_id{}: it is of no call
  std::optional<call::call_info> info;  ///< with call_opened_event, and of what never was a call
  event_kind what;
};
/// Of a call's media, for an application: media_started, sound_news, digits_sent, statistics_now.
struct media_told {
  call::call_id call{};
  media::event_body what;
};

/// media_open and media_close are of calls without signalling.
using engine_output =
    std::variant<media::media_command, event_line, call_finished, recording_failed, client_told,
                 media::media_open, media::media_close, told, media_told>;

/// Chooses what to do with an incoming call. Pure: looks at headers only.
struct chosen_plan {
  call_plan plan;
  std::string rule;  ///< "route" when refused because no route matched or a route rejects
};
using plan_chooser = std::function<chosen_plan(const call::call_info&)>;

class engine {
 public:
  engine(call::endpoint& endpoint, sound_store& sounds, clock_reading clock);
  ~engine();
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;

  void set_chooser(
      plan_chooser chooser);  ///< routes may be reloaded: calls that are up keep theirs
  /// Events are only made into JSON when someone listens.
  void enable_events(bool json);
  /// Every event is told as a value besides, before its line.
  void tell_values(bool on);
  /// And into text only where a person may read them (all, until this is called).
  void set_texts(event_texts which);
  /// Of every call, besides those whose plan says so: speech events; the caller's speech ends what
  /// plays.
  void watch_speech(bool vad, bool barge_in);
  /// After this many calls (answered or not) have ended, `done()` is true and new ones get 503.
  void set_call_limit(std::uint64_t calls);

  void handle(const call::call_event& event, time_point now);
  void handle(const media::media_event& event, time_point now);
  void handle_timeout(time_point now);
  [[nodiscard]] time_point next_deadline() const;

  /// Behind shut_down() nothing is sent: the call ends at once, by `shutdown`.
  call::call_id dial(const call::dial_request& request, const call_plan& plan, time_point now);
  /// Begins a call without signalling: it counts as answered at once, and ends as its plan says, by
  /// a timeout of media, or when the peer leaves by RTCP. Its numbers come from `random`.
  /// call_id{}: the engine is being shut down, the ports stay the caller's.
  call::call_id open_direct(const direct_request& request, const call_plan& plan,
                            random_source& random, time_point now);
  /// Gives up a call that was placed and not answered yet; of any other it does nothing and returns
  /// false. `reason`: the one word of call_ended.
  bool cancel(call::call_id id, const std::string& reason, time_point now);
  /// Registers and stays registered until shut_down(), and beyond with keep_registrations().
  void keep_registrations(bool keep);
  call::call_id register_account(const call::registration_request& what, time_point now);
  call::call_id send_request(const call::outgoing_request& what, duration timeout, time_point now);
  void announce_listening(const std::string& address, time_point now);

  // --- commands of an application; of a call that is unknown or in the wrong state they do nothing
  // and return false
  /// Ends any call: CANCEL, BYE or 480 as it must be. `reason`: the one word of call_ended.
  bool hang_up(call::call_id id, const std::string& reason, const call::end_cause& cause,
               time_point now);
  /// To the call's media, which must be open.
  bool command(call::call_id id, media::command_body body);
  /// One more prompt behind those that play, as those of a plan. The call is up. When the source
  /// cannot be read `error` says why.
  bool play(call::call_id id, const prompt_source& source, bool loop, std::string& error);
  /// Digits behind those that are being sent; no method: the one that was agreed. INFO takes one
  /// string at a time. `each`: how long each lasts, 1 ms to a minute; nothing: 160 ms.
  bool send_digits(call::call_id id, const std::string& digits,
                   std::optional<media::digit_method> method, time_point now,
                   std::optional<duration> each = {});
  /// Takes a sound card for a call that is up and opens it, as plan.live does: live_started_event
  /// follows. False with `error`: another has it, there is none, the call has one already.
  bool live(call::call_id id, const std::string& device, std::string& error, time_point now);
  /// Gives it back: live_finished_event tells how it kept up.
  bool stop_live(call::call_id id, time_point now);
  /// Begins a recording as a plan would; one a call at a time.
  bool record(call::call_id id, const std::string& file, bool stereo, duration max_duration,
              time_point now);
  /// Ends it: record_finished_event tells of the file.
  bool stop_recording(call::call_id id);
  /// What the other side agreed to, once media are open.
  [[nodiscard]] std::optional<media::media_format> format_of(call::call_id id) const;

  /// Graceful stop: 503 for new calls, BYE for those that are up, 480 for those that ring.
  void shut_down(time_point now);

  [[nodiscard]] bool done() const;  ///< call limit reached and everything closed
  [[nodiscard]] std::size_t sessions() const;
  [[nodiscard]] std::optional<engine_output> poll();

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace sipvoice::session
