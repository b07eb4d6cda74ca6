// The voice backend: it takes and places SIP calls, negotiates their media, and hands the
// application sessions, sound and digits.
//
//     sipvoice::Backend backend({.local_sip_addr = {"0.0.0.0", 5060}});
//     backend.on_call([](sipvoice::Session& s) { s.echo(); });
//     backend.start();  // binds; throws sipvoice::Error
//     backend.run();    // until stop()
//
// Threading. Everything of a backend happens on its loop, on one thread: the one that calls run(),
// the one of start_thread(), or the one that runs the io_context the backend was given. Callbacks
// are called there one after the other; they may call every method of the API, and may not block:
// media go on meanwhile, on threads of their own, but no other call is heard of. Handlers are set
// before start(). From other threads only post(), stop() and join() may be called.
//
// Exceptions of an application's callback never leave it. The call that it was about is ended, with
// 500 before the answer and BYE after it, on_error() tells what was thrown, and no other call is
// harmed.
//
// For each session that a callback or a completion of dial() was given, and for each call that came
// in and was not refused at once, on_call_disconnected() is called exactly once, last of all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sipvoice/config.hpp"
#include "sipvoice/error.hpp"
#include "sipvoice/export.hpp"
#include "sipvoice/session.hpp"
#include "sipvoice/values.hpp"

namespace boost::asio {
class io_context;
}  // namespace boost::asio

namespace sipvoice {
inline namespace v0 {

/// Takes and places calls. What threads may do what stands above.
class SIPVOICE_API Backend {
 public:
  /// With a loop of its own: see run() and start_thread(). Throws Error where a value is wrong.
  explicit Backend(Config config = {});
  /// In the application's own loop, which one thread runs: run(), start_thread() and join() are not
  /// for it. stop() closes everything and tells on_stopped(); nothing of the backend keeps the loop
  /// from ending after it. The backend is destroyed on the thread that runs the loop, or when
  /// nobody runs it any more.
  Backend(Config config, boost::asio::io_context& loop);
  /// Drops at once what is up, and tells nobody: stop() before it is the polite way. Not from a
  /// callback.
  ~Backend();
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;

  // --- events
  /// A call has come in and wants a decision: ring(), early_media(), answer(), reject() or
  /// redirect(), now or later. Without this handler every call is answered.
  void on_incoming(std::function<void(Session&)> handler);
  /// A call that came in is up: acknowledged, and its media are at work. No packet is awaited.
  void on_call(std::function<void(Session&)> handler);
  /// A session has ended: who ended it, and why. Once for each that on_incoming() or dial() has
  /// seen.
  void on_call_disconnected(std::function<void(Session&, const Ending&)> handler);
  /// Sound of the other side, in frames of 20 ms, as it is heard. Only for those who want it: the
  /// handler's being set is what turns it on.
  void on_audio_received(std::function<void(Session&, const AudioFrame&)> handler);
  /// A digit of the other side, when it has ended.
  void on_dtmf_received(std::function<void(Session&, const Digit&)> handler);
  /// The other side has begun to speak, or has been silent for 400 ms. The handler's being set is
  /// what turns the listening on.
  void on_speech(std::function<void(Session&, bool speaking)> handler);
  /// With Config::interruption: the caller has begun to speak while something played; it has been
  /// dropped.
  void on_barge_in(std::function<void(Session&)> handler);
  /// A call that was dialled rings (180 to 183).
  void on_ringing(std::function<void(Session&, int status)> handler);
  /// `on`: hold or resume; `by` local or remote.
  void on_hold(std::function<void(Session&, bool on, EndedBy by)> handler);
  /// News of a transfer that was asked for.
  void on_transfer(std::function<void(Session&, const Transfer&)> handler);
  /// A file or text of play() or say() is over, whole or cut off.
  void on_play_finished(std::function<void(Session&, const PlayFinished&)> handler);
  /// send_audio() has taken less than it was given, and now half of the queue is free.
  void on_audio_ready(std::function<void(Session&)> handler);
  /// A response has gone out whole after end_of_response(), or was cut off.
  void on_audio_finished(std::function<void(Session&, const Played&)> handler);
  /// All digits of a send_dtmf() are out.
  void on_dtmf_sent(std::function<void(Session&)> handler);
  /// A recording is complete and its file closed.
  void on_recorded(std::function<void(Session&, const Recorded&)> handler);
  /// Every SIP message, in the order in which they passed. Digest responses are masked.
  void on_trace(std::function<void(const TraceMessage&)> handler);
  /// News of a registration.
  void on_account(std::function<void(const AccountEvent&)> handler);
  /// What went wrong besides: an exception of a callback, a file that cannot be read. One line.
  void on_error(std::function<void(const std::string&)> handler);

  /// After stop(), last of all.
  void on_stopped(std::function<void()> handler);

  // --- life
  /// Binds every listener and starts the media workers. Throws Error that names the address and the
  /// reason.
  void start();
  /// Runs the loop on this thread until stop() has done its work. Once.
  void run();
  /// Runs the loop on a thread of its own. Once.
  void start_thread();
  /// Waits for that thread; not from a callback.
  void join();
  /// No new calls (503); those that are up are ended by BYE; run() and join() return when that is
  /// done, after two seconds at the latest. From any thread.
  void stop();
  /// Calls `f` on the loop, later. From any thread, once start() has returned. What it throws goes
  /// to on_error(). What waits when the backend is destroyed is dropped.
  void post(std::function<void()> f);

  // --- calls and accounts; on the loop
  /// Places a call and returns at once. `completion` is called once: with the session that is up,
  /// or with one that has ended and the reason. Throws Error where a value cannot be used.
  Session dial(const DialRequest& request,
               std::function<void(Session&, const DialResult&)> completion = {});
  /// Binds the session of that id to a room. Throws Error (unknown_session) when there is none.
  Session connect(const std::string& room_id, const std::string& participant_id,
                  const std::string& channel_id, const std::string& session_id);
  /// Registers and stays registered until unregister() or stop(); calls arrive on it as any others.
  /// Returns its number, which on_account() names. Throws Error where a value cannot be used.
  std::uint64_t register_account(const Account& account);
  /// False: there is no such account.
  bool unregister(std::uint64_t account);

  // --- queries; on the loop
  /// The session of that id that has not ended.
  [[nodiscard]] std::optional<Session> session(const std::string& id) const;
  /// Those that have not ended, in the order in which they came.
  [[nodiscard]] std::vector<Session> sessions() const;
  /// The same, of one room.
  [[nodiscard]] std::vector<Session> sessions(const std::string& room_id) const;
  /// How many have not ended.
  [[nodiscard]] std::size_t session_count() const;
  /// Pairs of media ports that are taken.
  [[nodiscard]] std::size_t ports_in_use() const;
  /// As bound, after start(): "udp:127.0.0.1:5060".
  [[nodiscard]] std::vector<std::string> addresses() const;
  /// "dtmf_signaling", "interruption" (with Config::interruption), "hold", "transfer", ...
  [[nodiscard]] std::set<std::string> capabilities() const;

  // --- sound that will be played; after start(), on the loop, which waits for it
  /// Decodes the file for every codec now, so that play() need not. Throws Error.
  void prepare_file(const std::string& file);
  /// Speaks the text now, so that say() need not. Throws Error.
  void prepare_text(const std::string& text, const std::string& voice = {});

 protected:
  /// For RtpBackend.
  Session open_rtp(const RtpRequest& request);

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// Sessions without signalling: addresses and codec are given by hand; sound, digits, prompts and
/// recordings are as with any other. A session ends by disconnect() (RTCP BYE), when the other side
/// says BYE by RTCP, or by a timeout of media. Of Config what concerns SIP has no meaning.
class SIPVOICE_API RtpBackend : public Backend {
 public:
  /// As Backend's.
  explicit RtpBackend(Config config = {});
  /// As Backend's.
  RtpBackend(Config config, boost::asio::io_context& loop);
  /// Binds the ports and begins to send. After start(), on the loop. The session is active with its
  /// first callback, or as soon as a function that is posted after this is called. Throws Error
  /// that names the address and the reason.
  Session open(const RtpRequest& request) { return open_rtp(request); }
};

}  // namespace v0
}  // namespace sipvoice
