#include "sipvoice/session/call_actions.hpp"

#include <algorithm>
#include <utility>

namespace sipvoice::session {
namespace {

/// How long the last line of a call waits for the file of its recording.
constexpr duration recording_grace = std::chrono::seconds(10);
/// In the mailbox, where recordings have 1 and 2: the sound card has failed.
constexpr media::record_handle live_handle = 3;
constexpr int busy_here = 486, temporarily_unavailable = 480;

}  // namespace

call_actions::call_actions(engine_context& context, call_plan plan, std::uint64_t n, time_point now)
    : context_(context), plan_(std::move(plan)), n_(n), began_(now), sequence_(plan_.hangup_on) {}

void call_actions::incoming(const call::call_info& info, const std::string& rule, time_point now) {
  keep(info);
  context_.tell(&info, now, call_opened_event{});
  if (info.replaces) return;  // the endpoint has answered it
  if (plan_.reject) {
    context_.endpoint.reject(info.id, plan_.reject->status, plan_.reject->reason,
                             rule.empty() ? "route" : rule, now);
    return;
  }
  if (plan_.controlled) return;
  if (plan_.live && !take_live(now)) return;
  context_.endpoint.ring(info.id, now);
  if (plan_.ring > duration::zero()) {
    answer_at_ = now + plan_.ring;
  } else {
    context_.endpoint.answer(info.id, {plan_.headers}, now);
  }
}

/// X-headers are the application's; what the others say of the call has been read.
void call_actions::keep(const call::call_info& info) {
  record_.info = info;
  record_.info.headers.clear();
}

void call_actions::outgoing(const call::call_info& info, time_point now) {
  keep(info);
  context_.tell(&info, now, call_opened_event{});
  if (plan_.live) static_cast<void>(take_live(now));
}

/// The card is taken when the call begins, so that of two calls that ring one is refused at once.
/// Without it a call that comes in is refused, and one that we place goes on in silence.
bool call_actions::take_live(time_point now) {
  std::string error;
  bool busy = false;
  if (take_card(busy, error)) return true;
  context_.tell(info(), now, error_event{error, *plan_.live});
  if (record_.info.inbound)
    context_.endpoint.reject(id(), busy ? busy_here : temporarily_unavailable, "",
                             busy ? "device_in_use" : "no_sound_device", now);
  return false;
}

bool call_actions::take_card(bool& busy, std::string& error) {
  live_ = context_.sounds.take_live(
      *plan_.live,
      [mailbox = std::weak_ptr(context_.mailbox), id = id()](const std::string& why) {
        if (const auto box = mailbox.lock())
          box->letters.push_back({id, live_handle, {{}, 0, 0, why}});
      },
      busy, error);
  return live_ != nullptr;
}

void call_actions::open_live(time_point now) {
  live_open_ = true;
  context_.tell(info(), now, live_started_event{*plan_.live});
  context_.command(*media_, media::live_command{live_->open()});
}

/// How it kept up, once it is no longer needed.
void call_actions::finish_live(time_point now) {
  if (live_ && std::exchange(live_open_, false))
    context_.tell(info(), now, live_finished_event{*plan_.live, live_->report()});
  live_.reset();
}

void call_actions::ringing(int status, time_point now) {
  context_.tell(info(), now, ringing_event{status});
}

void call_actions::early_media(const call::call_early_media& event, time_point now) {
  open_media(event.media, event.format, now);
}

void call_actions::open_media(media::media_id media, const media::media_format& format,
                              time_point now) {
  media_ = media;
  format_ = format;
  codec_ = format.send.codec;
  if (recording_.begun()) return;
  recording_.begin(context_, record_.info, plan_, media, *codec_, n_, began_, now);
}

void call_actions::answered(const call::call_answered& event, time_point now) {
  record_.answered = true;
  record_.status = event.status;
  answer_at_ = never;
  context_.tell(info(), now,
                answered_event{event.status, event.format, event.local_rtp, event.remote_rtp});
  open_media(event.media, event.format, now);
  context_.command(event.media, media::start_command{});
  if (plan_.hangup_after > duration::zero()) hangup_at_ = now + plan_.hangup_after;
  watch_speech();
  queue_prompts(now);
  if (!plan_.dtmf.empty()) {
    digits_out_ = false;
    static_cast<void>(send_digits(plan_.dtmf, plan_.dtmf_method, {}, now));
  }
  if (plan_.echo && plan_.play.empty()) context_.command(event.media, media::echo_command{true});
  if (live_) open_live(now);
  follow_on(now);
}

void call_actions::watch_speech() {
  const bool barge_in = plan_.barge_in || context_.barge_in;
  if (!barge_in && !plan_.vad && !context_.vad) return;
  context_.command(*media_, media::watch_speech_command{true, barge_in});
}

/// By this method, or else as was agreed: telephone-events, or tones where there are none.
bool call_actions::send_digits(const std::string& digits, std::optional<digit_method> method,
                               std::optional<duration> each, time_point now) {
  if (!media_ || last_) return false;
  if (each && (to_ms(*each) < 1 || *each > std::chrono::minutes(1))) return false;
  if (method == digit_method::rfc4733 && !format_->dtmf_send) {
    context_.tell(info(), now,
                  error_event{"cannot send digits as telephone-events, which the other side does "
                              "not take; choose the method info or inband",
                              {}});
    return false;
  }
  if (method == digit_method::info) {
    if (!record_.answered || info_digits_.open()) return false;
    digits_open_ = true;
    info_digits_.start(digits, now, each.value_or(info_digits::usual));
    return true;
  }
  digits_open_ = true;
  media::send_digits_command command{digits};
  command.each = each.value_or(command.each);
  command.in_sound = method == digit_method::inband;
  context_.command(*media_, std::move(command));
  return true;
}

void call_actions::send_info_digits(time_point now) {
  if (!info_digits_.open() || last_) return;
  while (const auto digit = info_digits_.poll(now))
    if (!context_.endpoint.send_info_digit(id(), *digit, info_digits_.digit_ms(), now))
      info_digits_.answered(now);  // no answer will come
  if (info_digits_.open()) return;
  tell_media(media::digits_sent{});
  digits_open_ = false;
  digits_out_ = true;
  follow_on(now);
}

void call_actions::info_digit_sent(time_point now) {
  info_digits_.answered(now);
  send_info_digits(now);
}

void call_actions::queue_prompts(time_point now) {
  for (const prompt_source& source : plan_.play) {
    std::string error;
    if (queue_prompt(source, plan_.loop, error)) continue;
    prompts_cut_ = true;
    context_.tell(info(), now, error_event{"cannot play: " + error, source.name()});
  }
}

bool call_actions::queue_prompt(const prompt_source& source, bool loop, std::string& error) {
  auto clip = context_.sounds.load_source(source, audio::info(*codec_).sample_rate, error);
  if (!clip) return false;
  prompts_.push_back({++last_prompt_, clip->name.empty() ? source.name() : clip->name, loop});
  ++prompts_open_;
  context_.command(*media_, media::play_command{last_prompt_, std::move(clip), loop});
  return true;
}

void call_actions::held(const call::call_held& event, time_point now) {
  context_.tell(info(), now, held_event{event.on_hold, event.by});
}

void call_actions::media(const media::event_body& event, time_point now) {
  if (const auto* started = std::get_if<media::play_started>(&event)) {
    prompt_started(started->handle, now);
  } else if (const auto* finished = std::get_if<media::play_finished>(&event)) {
    prompt_finished(*finished, now);
  } else if (const auto* received = std::get_if<media::digit_received>(&event)) {
    digit(received->digit, received->duration_ms, received->method, received->complete, now);
  } else if (std::holds_alternative<media::digits_out>(event)) {
    digits_out_ = true;
  } else if (std::holds_alternative<media::digits_sent>(event)) {
    tell_media(event);
    digits_open_ = false;
    digits_out_ = true;
    follow_on(now);
  } else if (const auto* began = std::get_if<media::speech_started>(&event)) {
    context_.tell(info(), now, speech_event{true, began->at_ms});
  } else if (const auto* ended = std::get_if<media::speech_stopped>(&event)) {
    context_.tell(info(), now, speech_event{false, ended->at_ms});
  } else if (const auto* barged = std::get_if<media::barged_in>(&event)) {
    prompts_barged(*barged, now);
  } else if (std::holds_alternative<media::media_closed>(event)) {
    media_closed_ = true;
  } else if (std::holds_alternative<media::media_started>(event) ||
             std::holds_alternative<media::sound_news>(event) ||
             std::holds_alternative<media::statistics_now>(event)) {
    tell_media(event);
  }
}

void call_actions::tell_media(const media::event_body& event) {
  if (context_.values) context_.out.emplace_back(media_told{id(), event});
}

void call_actions::prompt_started(media::play_handle handle, time_point now) {
  const auto at = std::find_if(prompts_.begin(), prompts_.end(),
                               [&](const prompt& p) { return p.handle == handle; });
  if (at != prompts_.end()) context_.tell(info(), now, play_started_event{at->source});
}

void call_actions::prompt_finished(const media::play_finished& event, time_point now) {
  const auto at = std::find_if(prompts_.begin(), prompts_.end(),
                               [&](const prompt& p) { return p.handle == event.handle; });
  if (at == prompts_.end()) return;
  context_.tell(info(), now, play_finished_event{at->source, event.played_ms, event.completed});
  if (event.barged) return;  // barged_in comes next, for all of them
  if (at->loop && (event.completed || !plan_.controlled))
    return;  // it plays again: nothing follows, and no end cuts it off
  if (!event.completed) prompts_cut_ = true;
  if (!std::exchange(at->finished, true)) --prompts_open_;
  if (plan_.controlled) prompts_.erase(at);  // any number of them may follow
  follow_on(now);
}

/// What played and what waited is gone; the call goes on with what follows the last prompt. Cut off
/// as it was asked for, the plan counts as carried out.
void call_actions::prompts_barged(const media::barged_in& event, time_point now) {
  context_.tell(info(), now, barge_in_event{event.at_ms});
  barged_ = true;
  for (prompt& p : prompts_) p.finished = true;
  if (plan_.controlled) prompts_.clear();
  prompts_open_ = 0;
  follow_on(now);
}

/// A press that comes in two ways is told once.
void call_actions::digit(char digit, std::uint32_t duration_ms, digit_method method, bool complete,
                         time_point now) {
  if (!heard_digits_.hear(digit, method, duration_ms, now)) return;
  context_.tell(info(), now, dtmf_event{digit, duration_ms, name_of(method), complete});
  if (!last_ && sequence_.hear(digit)) context_.hang_up(id(), "hangup_on", now);
}

void call_actions::message(const call::call_message& event, time_point now) {
  context_.tell(info(), now, message_event{event.content_type, event.text});
}

void call_actions::transfer(const call::call_transfer& told, time_point now) {
  call::call_transfer event = told;
  // Sent to a call, the peer goes to the Contact there; what was wanted says more.
  if (event.by_us && plan_.consult && plan_.transfer) event.target = *plan_.transfer;
  context_.tell(info(), now, transfer_event{event});
  if (!event.by_us) return;
  record_.transfer = event;
  if (event.state != call::transfer_state::failed || !plan_.transfer || last_) return;
  // The call goes on only where it was asked to.
  const bool goes_on = plan_.then || plan_.hangup_after > duration::zero();
  if (!goes_on) context_.hang_up(id(), "transfer_failed", now);
}

// --- commands of an application

bool call_actions::command(media::command_body body) {
  if (!media_ || last_) return false;
  context_.command(*media_, std::move(body));
  return true;
}

bool call_actions::play(const prompt_source& source, bool loop, std::string& error) {
  return media_ && !last_ && queue_prompt(source, loop, error);
}

bool call_actions::record(const std::string& file, bool stereo, duration max_duration,
                          time_point now) {
  if (!media_ || last_ || recording_.pending()) return false;
  plan_.record = file;
  plan_.stereo = stereo;
  plan_.max_duration = max_duration;
  recording_.begin(context_, record_.info, plan_, *media_, *codec_, n_, began_, now);
  return recording_.pending();
}

bool call_actions::live(const std::string& device, std::string& error, time_point now) {
  if (!record_.answered || !media_ || last_) return false;
  if (live_) {
    error = "the call has a sound card already";
    return false;
  }
  plan_.live = device;
  bool busy = false;
  if (!take_card(busy, error)) {
    plan_.live.reset();
    return false;
  }
  open_live(now);
  return true;
}

bool call_actions::stop_live(time_point now) {
  if (!live_ || !media_ || last_) return false;
  context_.command(*media_, media::live_command{});
  finish_live(now);
  plan_.live.reset();
  return true;
}

bool call_actions::stop_recording() { return media_ && recording_.stop(context_, *media_); }

/// The hold was for the transfer alone.
void call_actions::consultation_failed(int status, const std::string& reason, time_point now) {
  consultation_.reset();
  if (last_ || !plan_.transfer) return;
  transfer({id(), true, call::transfer_state::failed, status, reason, *plan_.transfer, {}}, now);
  context_.endpoint.resume(id(), now);
}

/// The peer is sent to the target of the plan; what comes of it is told by call_transfer.
void call_actions::send_elsewhere(time_point now) {
  if (plan_.consult) {
    context_.endpoint.hold(id(), now);
    context_.to_consult.push_back(id());
    return;
  }
  if (context_.endpoint.transfer(id(), *plan_.transfer, now)) return;
  call::call_transfer failed{
      id(), true, call::transfer_state::failed, 0, "cannot_transfer", *plan_.transfer, {}};
  transfer(failed, now);
}

/// Nothing said: hang up after what was played, unless the call has a length of its own.
then_action call_actions::what_then() const {
  if (plan_.then) return *plan_.then;
  if (plan_.echo && !plan_.play.empty()) return then_action::echo;
  const bool has_length = plan_.hangup_after > duration::zero();
  return !plan_.play.empty() && !has_length ? then_action::hangup : then_action::stay;
}

/// Done once, when every prompt has been played and every digit sent. A plan that had nothing to
/// send has nothing that something could follow.
void call_actions::follow_on(time_point now) {
  if (followed_ || !record_.answered || last_) return;
  const bool loops = plan_.loop && !prompts_.empty() && !barged_;
  if (prompts_open_ > 0 || digits_open_ || loops) return;
  if (plan_.play.empty() && plan_.dtmf.empty() && !plan_.transfer) return;
  followed_ = true;
  if (plan_.transfer) return send_elsewhere(now);
  switch (what_then()) {
    case then_action::hangup:
      context_.hang_up(id(), "hangup", now);
      break;
    case then_action::echo:
      context_.command(*media_, media::echo_command{true});
      break;
    case then_action::stay:
      break;
  }
}

void call_actions::handle_timeout(time_point now) {
  if (now >= answer_at_) {
    answer_at_ = never;
    context_.endpoint.answer(id(), {plan_.headers}, now);
  }
  send_info_digits(now);
  if (now >= hangup_at_) {
    hangup_at_ = never;
    context_.hang_up(id(), "hangup_after", now);
  }
  if (now >= give_up_at_) {
    give_up_at_ = never;
    recording_.give_up(context_, record_.info, now);
    finish(now);
  }
}

time_point call_actions::next_deadline() const {
  return std::min(
      {answer_at_, hangup_at_, give_up_at_, last_ ? never : info_digits_.next_deadline()});
}

void call_actions::rejected(const call::call_rejected& event, time_point now) {
  if (last_ || closed_) return;
  keep(event.info);
  record_.status = event.status;
  record_.reason = event.reason;
  record_.rule = event.rule;
  close(rejected_event{event.status, event.reason, event.rule}, now);
}

void call_actions::ended(const call::call_ended& event, time_point now) {
  if (last_ || closed_) return;
  const bool answered = event.answered_at != never;
  record_.by = event.by;
  record_.reason = event.reason;
  record_.detail = event.detail;
  record_.media = event.media;
  record_.duration_ms = answered ? to_ms(event.ended_at - event.answered_at) : 0;
  const bool prompts_out = !prompts_cut_ && (plan_.loop || prompts_open_ == 0);
  record_.plan_completed = record_.answered && prompts_out && digits_out_;
  if (event.media) media_closed_ = true;  // these are its final figures
  if (event.codec) codec_ = event.codec;
  close(ended_event{event.by, event.reason, event.detail, event.remote_reason, event.q850_cause,
                    answered, record_.duration_ms, event.media, codec_},
        now);
}

/// The signalling of the call is over. Its last line waits for the recording's file.
void call_actions::close(event_kind last, time_point now) {
  answer_at_ = hangup_at_ = never;
  finish_live(now);
  last_ = std::move(last);
  if (recording_.pending()) {
    give_up_at_ = now + recording_grace;
  } else {
    finish(now);
  }
}

void call_actions::recording_done(media::record_handle handle, const recording_result& result,
                                  time_point now) {
  if (handle == live_handle) {
    if (last_ || !plan_.live) return;
    context_.tell(info(), now, error_event{result.error, *plan_.live});
    context_.out.emplace_back(recording_failed{*plan_.live + ": " + result.error});
    return;
  }
  recording_.finished(context_, record_.info, handle, result, now);
  if (last_ && !recording_.pending()) finish(now);
}

/// The last line, and the record after it.
void call_actions::finish(time_point now) {
  if (std::exchange(closed_, true)) return;
  record_.error = recording_.error();
  if (media_closed_) recording_.take_heard(record_);
  context_.tell(info(), now, std::move(*last_));
  context_.out.emplace_back(call_finished{std::move(record_)});
}

}  // namespace sipvoice::session
