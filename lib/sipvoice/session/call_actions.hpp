// What one call does, from ringing to the last line about it: the plan carried out. Private to
// `session`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sipvoice/session/call_recording.hpp"
#include "sipvoice/session/digit_sequence.hpp"
#include "sipvoice/session/digit_stream.hpp"
#include "sipvoice/session/engine_context.hpp"
#include "sipvoice/session/info_digits.hpp"

namespace sipvoice::session {

class call_actions {
 public:
  /// `n`: which call of the process this is, from 1.
  call_actions(engine_context& context, call_plan plan, std::uint64_t n, time_point now);

  void incoming(const call::call_info& info, const std::string& rule, time_point now);
  void outgoing(const call::call_info& info, time_point now);
  void ringing(int status, time_point now);
  void early_media(const call::call_early_media& event, time_point now);
  void answered(const call::call_answered& event, time_point now);
  void held(const call::call_held& event, time_point now);
  void digit(char digit, std::uint32_t duration_ms, digit_method method, bool complete,
             time_point now);
  /// An INFO of ours has been answered.
  void info_digit_sent(time_point now);
  void message(const call::call_message& event, time_point now);
  /// What is only passed on.
  void tell(event_kind what, time_point now) { context_.tell(info(), now, std::move(what)); }
  void transfer(const call::call_transfer& told, time_point now);
  void rejected(const call::call_rejected& event, time_point now);
  void ended(const call::call_ended& event, time_point now);
  void media(const media::event_body& event, time_point now);
  void recording_done(media::record_handle handle, const recording_result& result, time_point now);
  void handle_timeout(time_point now);
  [[nodiscard]] time_point next_deadline() const;

  // --- commands of an application: see engine.hpp
  bool command(media::command_body body);
  bool play(const prompt_source& source, bool loop, std::string& error);
  bool send_digits(const std::string& digits, std::optional<digit_method> method,
                   std::optional<duration> each, time_point now);
  bool live(const std::string& device, std::string& error, time_point now);
  bool stop_live(time_point now);
  bool record(const std::string& file, bool stereo, duration max_duration, time_point now);
  bool stop_recording();
  [[nodiscard]] const std::optional<media::media_format>& format() const { return format_; }

  [[nodiscard]] std::optional<media::media_id> media_id() const { return media_; }
  [[nodiscard]] const call_plan& plan() const { return plan_; }
  [[nodiscard]] bool is_answered() const { return record_.answered; }
  /// Of an attended transfer: the call that was placed for this one, and the one that this call was
  /// placed for.
  [[nodiscard]] std::optional<call::call_id> consultation() const { return consultation_; }
  [[nodiscard]] std::optional<call::call_id> consulted_for() const { return record_.consulted_for; }
  /// The peer has agreed to go elsewhere, and nothing has said that he could not.
  [[nodiscard]] bool has_sent_peer_on() const {
    const auto& t = record_.transfer;
    return t && t->by_us && (t->state != call::transfer_state::failed || t->reason == "call_ended");
  }
  /// Hangs up then, if it has not ended before.
  void end_at(time_point when) { hangup_at_ = std::min(hangup_at_, when); }
  void consults(call::call_id other) { consultation_ = other; }
  void is_consultation_for(call::call_id other) { record_.consulted_for = other; }
  /// It has come to nothing before the peer was sent there.
  void consultation_failed(int status, const std::string& reason, time_point now);
  [[nodiscard]] bool is_over() const { return last_.has_value(); }

  /// The last line has been told and call_finished is out: the engine forgets the call.
  [[nodiscard]] bool closed() const { return closed_; }
  [[nodiscard]] call::call_id id() const { return record_.info.id; }
  /// Before the endpoint has told the call's headers.
  void set_id(call::call_id id) { record_.info.id = id; }

 private:
  struct prompt {
    media::play_handle handle = 0;
    std::string source;
    bool loop = false;
    bool finished = false;
  };
  void keep(const call::call_info& info);
  [[nodiscard]] const call::call_info* info() const { return &record_.info; }
  void open_media(media::media_id media, const media::media_format& format, time_point now);
  [[nodiscard]] bool take_live(time_point now);
  [[nodiscard]] bool take_card(bool& busy, std::string& error);
  void open_live(time_point now);
  void finish_live(time_point now);
  void queue_prompts(time_point now);
  bool queue_prompt(const prompt_source& source, bool loop, std::string& error);
  void tell_media(const media::event_body& event);
  void prompt_started(media::play_handle handle, time_point now);
  void prompt_finished(const media::play_finished& event, time_point now);
  void watch_speech();
  void prompts_barged(const media::barged_in& event, time_point now);
  void send_info_digits(time_point now);
  void send_elsewhere(time_point now);
  void follow_on(time_point now);
  [[nodiscard]] then_action what_then() const;
  void close(event_kind last, time_point now);
  void finish(time_point now);

  engine_context& context_;
  call_plan plan_;
  std::uint64_t n_;
  time_point began_;
  call_record record_;
  call_recording recording_;
  std::unique_ptr<live_line> live_;  ///< from the INVITE to the last line of the call
  bool live_open_ = false;
  std::optional<call::call_id> consultation_;
  std::optional<media::media_id> media_;
  std::optional<audio::codec_id> codec_;
  std::optional<media::media_format> format_;
  media::play_handle last_prompt_ = 0;
  std::vector<prompt> prompts_;
  std::size_t prompts_open_ = 0;
  bool prompts_cut_ = false;  ///< one was cut off or could not be read
  bool barged_ = false;       ///< the caller's speech has dropped the prompts
  bool digits_open_ = false;  ///< until the last gap is over
  bool digits_out_ = true;    ///< the last digit has reached its end
  bool followed_ = false;     ///< `then` was done
  info_digits info_digits_;
  digit_stream heard_digits_;
  digit_sequence sequence_;  ///< hangup_on
  time_point answer_at_ = never, hangup_at_ = never, give_up_at_ = never;
  std::optional<event_kind> last_;  ///< call_ended or call_rejected: waits for the recording
  bool media_closed_ = false;
  bool closed_ = false;
};

}  // namespace sipvoice::session
