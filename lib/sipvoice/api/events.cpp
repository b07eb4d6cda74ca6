// What the engine tells, as the application hears it.
#include <utility>

#include "sipvoice/api/control.hpp"
#include "sipvoice/api/convert.hpp"
#include "sipvoice/api/guard.hpp"
#include "sipvoice/api/mask.hpp"
#include "sipvoice/base/overloaded.hpp"

namespace sipvoice::api {
namespace {

/// So often media_statistics() is renewed.
constexpr std::chrono::milliseconds statistics_every{500};

std::chrono::milliseconds ms(std::uint64_t count) { return std::chrono::milliseconds(count); }

Transfer::State state_of(call::transfer_state s) {
  switch (s) {
    case call::transfer_state::trying:
      return Transfer::State::trying;
    case call::transfer_state::progress:
      return Transfer::State::progress;
    case call::transfer_state::done:
      return Transfer::State::done;
    case call::transfer_state::failed:
      break;
  }
  return Transfer::State::failed;
}

}  // namespace

void control::hear(const session::told& told) {
  if (engine_ == nullptr) return;
  if (std::holds_alternative<session::call_opened_event>(told.what) && told.info)
    return opened(*told.info);
  if (const auto* e = std::get_if<session::client_event_line>(&told.what)) return client(e->event);
  const state_ptr s = find(told.call);
  if (const auto* e = std::get_if<session::error_event>(&told.what))
    report((s ? "session " + s->id + ": " : "") + e->message +
           (e->file.empty() ? "" : " (" + e->file + ")"));
  if (!s) return;  // refused before it was one
  std::visit(overloaded{
                 [&](const session::ringing_event& e) {
                   if (!s->metadata.inbound) give(on.ringing, s, e.status);
                 },
                 [&](const session::answered_event& e) { answered(s, e); },
                 [&](const session::rejected_event& e) { rejected(s, e); },
                 [&](const session::ended_event& e) { ended(s, e); },
                 [&](const session::dtmf_event& e) { digit(s, e); },
                 [&](const session::speech_event& e) { give(on.speech, s, e.speaking); },
                 [&](const session::barge_in_event&) { give(on.barge_in, s); },
                 [&](const session::held_event& e) { give(on.hold, s, e.on_hold, ended_by(e.by)); },
                 [&](const session::transfer_event& e) { transfer(s, e.what); },
                 [&](const session::play_finished_event& e) {
                   give(on.play_finished, s, PlayFinished{e.source, ms(e.played_ms), e.completed});
                 },
                 [&](const session::record_finished_event& e) {
                   give(on.recorded, s, Recorded{e.file, ms(e.duration_ms)});
                 },
                 [](const auto&) {},
             },
             told.what);
}

void control::hear(const session::media_told& told) {
  const state_ptr s = engine_ != nullptr ? find(told.call) : nullptr;
  if (!s) return;
  if (std::holds_alternative<media::media_started>(told.what)) return media_started(s);
  if (std::holds_alternative<media::sound_news>(told.what)) return sound_news(s);
  if (const auto* e = std::get_if<media::statistics_now>(&told.what))
    s->figures = statistics_of(e->statistics);
  if (std::holds_alternative<media::digits_sent>(told.what)) give(on.dtmf_sent, s);
}

void control::opened(const call::call_info& info) {
  if (!info.inbound) {
    const state_ptr s = find(info.id);
    if (!s) return;
    by_id_.erase(s->id);
    describe(*s, info);
    by_id_.insert_or_assign(s->id, info.id);
    return;
  }
  const state_ptr s = add(info);
  if (info.replaces) return;  // answered already: it takes another call's place (RFC 3891)
  if (on.incoming) {
    give(on.incoming, s);
  } else {
    static_cast<void>(answer(*s, {}));
  }
}

void control::answered(const state_ptr& s, const session::answered_event& e) {
  s->answered = true;
  s->status = e.status;
  s->metadata.codec = codec_of(e.format.send.codec);
  s->metadata.sample_rate = audio::info(e.format.send.codec).sample_rate;
}

/// Acknowledged, and the media worker has the session: now it is a call.
void control::media_started(const state_ptr& s) {
  if (s->state != State::connecting || !s->answered) return;
  s->state = State::active;
  static_cast<void>(engine_->command(s->call, media::watch_statistics_command{statistics_every}));
  begin_hearing(*s);
  if (s->metadata.inbound) {
    give(on.call, s);
    return;
  }
  const auto completion = std::exchange(s->completion, nullptr);
  give(completion, s, DialResult{true, s->status, {}});
}

void control::rejected(const state_ptr& s, const session::rejected_event& e) {
  Ending ending;
  ending.by = e.rule == "remote" ? EndedBy::remote : EndedBy::local;
  if (e.rule == "callback_failed") ending.by = EndedBy::error;
  ending.reason = e.rule == "remote" || e.rule == "application" ? "rejected" : e.rule;
  ending.status = e.status;
  ending.text = e.reason;
  close(s, std::move(ending), std::nullopt);
}

void control::ended(const state_ptr& s, const session::ended_event& e) {
  Ending ending;
  ending.by = e.reason == "callback_failed" ? EndedBy::error : ended_by(e.by);
  ending.reason = e.reason;
  ending.cause = e.q850_cause;
  ending.text = e.remote_reason.empty() ? in_words_of_the_api(e.detail) : e.remote_reason;
  ending.answered = e.answered;
  ending.duration = std::chrono::milliseconds(e.duration_ms);
  std::optional<MediaStatistics> media;
  if (e.media) media = statistics_of(*e.media);
  close(s, std::move(ending), media);
}

/// Its media are closed; this is the last that is heard of it.
void control::close(const state_ptr& s, Ending ending, std::optional<MediaStatistics> media) {
  give_heard(s);
  s->state = State::ended;
  calls_.erase(s->call);
  const auto named = by_id_.find(s->id);  // its id may be another call's already
  if (named != by_id_.end() && named->second == s->call) by_id_.erase(named);
  s->heard.reset();
  s->sent.reset();
  drop_chunks(*s, Outcome::ended);
  s->resampler.reset();
  s->figures = media;
  s->record = CallRecord{s->metadata, ending, media};
  tell_completed(s);
  const auto completion = std::exchange(s->completion, nullptr);
  give(completion, s,
       DialResult{false, ending.status, ending.status != 0 ? ending.text : ending.reason});
  give(on.disconnected, s, ending);
}

void control::digit(const state_ptr& s, const session::dtmf_event& e) {
  give(on.digit, s, Digit{e.digit, ms(e.duration_ms), method_of(e.method)});
}

void control::transfer(const state_ptr& s, const call::call_transfer& e) {
  if (!e.by_us) return;
  give(on.transfer, s, Transfer{state_of(e.state), e.target, e.status, e.reason});
}

void control::client(const call::client_event& e) {
  AccountEvent out;
  const auto failed_before = [&](call::call_id id, bool fails) {
    const auto at = accounts_.find(static_cast<std::uint64_t>(id));
    return at != accounts_.end() && std::exchange(at->second, fails);
  };
  std::visit(overloaded{
                 [&](const call::registered& r) {
                   const bool anew = failed_before(r.id, false) || !r.refreshed;
                   out.kind = anew ? AccountEvent::Kind::registered : AccountEvent::Kind::refreshed;
                   out.account = static_cast<std::uint64_t>(r.id);
                   out.uri = r.aor;
                   out.expires = std::chrono::seconds(r.expires_s);
                 },
                 [&](const call::registration_failed& r) {
                   static_cast<void>(failed_before(r.id, true));
                   out.kind = AccountEvent::Kind::failed;
                   out.account = static_cast<std::uint64_t>(r.id);
                   out.uri = r.aor;
                   out.status = r.status;
                   out.reason = r.reason;
                   out.retry_in = std::chrono::milliseconds(to_ms(r.retry_in));
                 },
                 [&](const call::unregistered& r) {
                   out.kind = AccountEvent::Kind::unregistered;
                   out.account = static_cast<std::uint64_t>(r.id);
                   out.uri = r.aor;
                   out.status = r.status;
                 },
                 [](const call::request_finished&) {},
             },
             e);
  if (out.account == 0 || !on.account) return;
  run([&] { on.account(out); });
}

/// Called within the endpoint, so the application hears of it later.
void control::trace(const call::passing_message& m) {
  if (shell_ == nullptr || !on.trace) return;
  traced_.push_back({m.incoming, std::string(sip::via_name(m.transport)), m.remote.to_string(),
                     mask_credentials(m.bytes)});
  if (traced_.size() > 1) return;  // one is posted already
  shell_->post([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    for (const TraceMessage& one : std::exchange(self->traced_, {}))
      if (self->on.trace) self->run([&] { self->on.trace(one); });
  });
}

/// The application's word on a user; who it fails for is unknown.
std::optional<std::string> control::password_of(std::string_view user) {
  try {
    return config_.auth_resolver(std::string(user));
  } catch (const std::exception& e) {
    report(std::string("the authentication resolver threw: ") + e.what());
  } catch (...) {
    report("the authentication resolver threw");
  }
  return std::nullopt;
}

/// The application's word on an INVITE; an exception is a 500.
std::optional<call::invite_refusal> control::filter(const call::call_info& info) {
  try {
    const auto no = config_.invite_filter(metadata_of(info));
    if (!no) return std::nullopt;
    return call::invite_refusal{no->status, no->reason, "invite_filter"};
  } catch (const std::exception& e) {
    report(std::string("the invite filter threw: ") + e.what());
  } catch (...) {
    report("the invite filter threw");
  }
  return call::invite_refusal{500, {}, "invite_filter_failed"};
}

}  // namespace sipvoice::api
