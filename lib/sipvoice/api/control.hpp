// The logic of a backend: what its engine tells becomes callbacks, what sessions are told to do
// becomes commands of the engine. No socket, clock or thread: a shell (sockets or simulation) owns
// the engine and drives both.
//
//   engine.poll() -> told, media_told -> control.on() -> the application's callbacks
//   session.answer() -> control -> endpoint, engine; shell.settle() sees to what they put out
//
// Files: control.cpp (life, calls, queries), events.cpp (what is told), commands.cpp (what sessions
// do), sound.cpp (what is sent and heard).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "sipvoice/api/session_state.hpp"
#include "sipvoice/config.hpp"
#include "sipvoice/session.hpp"
#include "sipvoice/session/engine.hpp"

namespace sipvoice::api {

/// The handlers of an application; empty ones are not called.
struct handlers {
  std::function<void(Session&)> incoming, call, barge_in, audio_ready, dtmf_sent;
  std::function<void(Session&, const Ending&)> disconnected;
  std::function<void(Session&, const AudioFrame&)> audio;
  std::function<void(Session&, const Digit&)> digit;
  std::function<void(Session&, int)> ringing;
  std::function<void(Session&, bool, EndedBy)> hold;
  std::function<void(Session&, bool)> speech;
  std::function<void(Session&, const Transfer&)> transfer;
  std::function<void(Session&, const PlayFinished&)> play_finished;
  std::function<void(Session&, const Played&)> audio_finished;
  std::function<void(Session&, const Recorded&)> recorded;
  std::function<void(const TraceMessage&)> trace;
  std::function<void(const AccountEvent&)> account;
  std::function<void(const std::string&)> error;
  std::function<void()> stopped;
};

/// Asked of whoever owns the engine.
class shell {
 public:
  virtual ~shell() = default;
  [[nodiscard]] virtual time_point now() const = 0;
  /// Sees to what commands have put out, later: never calls back at once.
  virtual void settle() = 0;
  /// Calls `f` on the loop, later.
  virtual void post(std::function<void()> f) = 0;
};

class control : public std::enable_shared_from_this<control> {
 public:
  /// Throws Error where a value of `config` cannot be used.
  explicit control(Config config);

  handlers on;

  // --- what the shell does
  /// For the endpoint that will be driven: filter and trace lead here.
  [[nodiscard]] call::endpoint_config endpoint_config();
  /// Both outlive the control's work: detach() before they go.
  void attach(session::engine& engine, call::endpoint& endpoint, shell& by);
  /// What was attached is gone; something else may be attached. Handles answer `ended`.
  void release();
  /// The same for good: nothing is called any more.
  void detach();
  [[nodiscard]] bool is_detached() const { return detached_; }
  void hear(const session::told& told);
  void hear(const session::media_told& told);
  /// Runs what an application has posted.
  void run(const std::function<void()>& f);
  void report(const std::string& line);

  // --- what the application does
  Session dial(const DialRequest& request,
               std::function<void(Session&, const DialResult&)> completion);
  /// The ports are bound; they are the session's from here on.
  Session open_rtp(session::direct_request request, random_source& random);
  Session connect(const std::string& room, const std::string& participant,
                  const std::string& channel, const std::string& session_id);
  std::uint64_t register_account(const Account& account);
  bool unregister(std::uint64_t account);
  [[nodiscard]] std::optional<Session> find(const std::string& id) const;
  [[nodiscard]] std::vector<Session> sessions(const std::string* room = nullptr) const;
  [[nodiscard]] std::size_t count() const { return calls_.size(); }
  [[nodiscard]] std::set<std::string> capabilities() const;
  [[nodiscard]] const Config& config() const { return config_; }

  // --- what a session does
  Outcome ring(session_state& s);
  Outcome early_media(session_state& s);
  Outcome answer(session_state& s, const Headers& headers);
  Outcome reject(session_state& s, int status, const std::string& reason);
  Outcome redirect(session_state& s, const std::string& target);
  Outcome play(session_state& s, const session::prompt_source& source, bool loop);
  Outcome command(session_state& s, media::command_body body);
  Outcome record(session_state& s, const std::string& file, bool stereo, duration max_duration);
  Outcome stop_recording(session_state& s);
  Outcome hold(session_state& s, bool on);
  Outcome transfer(session_state& s, const std::string& target);
  Outcome transfer(session_state& s, const session_state& other);
  Outcome disconnect(session_state& s, int cause, const std::string& text);
  Outcome cancel(session_state& s);
  Outcome send_dtmf(session_state& s, const std::string& digits, DtmfMethod method);
  Sent send_all(session_state& s, std::span<const std::int16_t> samples, std::uint32_t rate);
  Outcome stream(session_state& s, AudioChunks chunks, std::uint32_t rate);
  Outcome send_whole(session_state& s, std::vector<std::int16_t> samples, std::uint32_t rate,
                     std::function<void(Session&, const Sent&)> completion);
  Outcome end_of_response(session_state& s);
  Played cancel_audio(session_state& s);

  [[nodiscard]] static Session handle(std::shared_ptr<session_state> s) {
    return Session(std::move(s));
  }

 private:
  using state_ptr = std::shared_ptr<session_state>;

  [[nodiscard]] state_ptr find(call::call_id id) const;
  state_ptr add(const call::call_info& info);
  void describe(session_state& s, const call::call_info& info) const;
  /// Calls a handler of the application; what it throws ends the call. False: it threw.
  template <class Handler, class... Arguments>
  bool give(const Handler& handler, const state_ptr& s, const Arguments&... arguments);
  void failed(const state_ptr& s, const std::string& what);
  [[nodiscard]] Outcome after(bool done) const;
  [[nodiscard]] session::call_plan own_plan() const;

  // events.cpp
  void opened(const call::call_info& info);
  void answered(const state_ptr& s, const session::answered_event& e);
  void media_started(const state_ptr& s);
  void rejected(const state_ptr& s, const session::rejected_event& e);
  void ended(const state_ptr& s, const session::ended_event& e);
  void close(const state_ptr& s, Ending ending, std::optional<MediaStatistics> media);
  void digit(const state_ptr& s, const session::dtmf_event& e);
  void transfer(const state_ptr& s, const call::call_transfer& e);
  void client(const call::client_event& e);
  void trace(const call::passing_message& m);
  std::optional<call::invite_refusal> filter(const call::call_info& info);
  std::optional<std::string> password_of(std::string_view user);

  // sound.cpp
  bool open_sound(session_state& s);
  std::size_t send(session_state& s, std::span<const std::int16_t> samples, std::uint32_t rate);
  void begin_hearing(session_state& s);
  void sound_news(const state_ptr& s);
  void give_heard(const state_ptr& s);
  void pull_chunks(const state_ptr& s);
  void pull_later(call::call_id id);
  void drop_chunks(session_state& s, Outcome why);
  void tell_completed(const state_ptr& s);
  void tell_finished(const state_ptr& s);

  Config config_;
  session::engine* engine_ = nullptr;
  call::endpoint* endpoint_ = nullptr;
  shell* shell_ = nullptr;
  std::map<call::call_id, state_ptr> calls_;  ///< not ended; in the order in which they came
  std::unordered_map<std::string, call::call_id> by_id_;
  std::map<std::uint64_t, bool> accounts_;  ///< true: the last that was told is a failure
  bool detached_ = false;
  std::vector<TraceMessage> traced_;  ///< one delivery is posted while it is not empty
};

}  // namespace sipvoice::api
