// What reaches a party: events of its engine, messages that pass, sound.
#include "sipvoice/scenario/player.hpp"

#include <algorithm>

#include "sipvoice/base/overloaded.hpp"

namespace sipvoice::scenario {
namespace {

constexpr media::record_handle ear_handle = 2000;  // the engine counts from 1
/// Of all parties together; a step in a loop may write one each time.
constexpr std::size_t max_log_lines = 10'000;
constexpr duration measured_every = std::chrono::seconds(1);
/// Two hours of them.
constexpr std::size_t max_quality_points = 7200;
/// Messages that come before their call is told.
constexpr std::size_t max_early = 64;

}  // namespace

/// Messages that came before the engine told of their call.
void player::adopt(call_view& c) {
  for (auto i = early_.begin(); i != early_.end();) {
    if (i->second->call_id() != c.info.sip_call_id) {
      ++i;
      continue;
    }
    const auto [incoming, m] = *i;
    i = early_.erase(i);
    pass(incoming, m);
  }
}

void player::hear(const session::told& told) {
  if (const auto* e = std::get_if<session::client_event_line>(&told.what)) {
    // Of single requests the responses say it.
    if (!std::holds_alternative<call::request_finished>(e->event)) registration = e->event;
    return;
  }
  if (const auto* e = std::get_if<session::error_event>(&told.what)) note(e->message);
  if (const auto* e = std::get_if<session::request_event>(&told.what);
      e != nullptr && told.call == call::call_id{})
    remember(held, e->what);
  if (std::holds_alternative<session::call_opened_event>(told.what) && told.info) {
    call_view& c = add(told.info->id);
    c.info = *told.info;
    c.opened = true;
    c.opened_at = stage_.now;
    if (!c.info.inbound && c.info.referrer) newest_ = &c;  // a transfer goes on there
    adopt(c);
    return;
  }
  call_view* const c = find(told.call);
  if (c == nullptr) return;
  std::visit(overloaded{
                 [&](const session::answered_event& e) {
                   c->answered = e;
                   c->answered_at = stage_.now;
                 },
                 [&](const session::rejected_event& e) {
                   c->rejected = e;
                   c->ended_at = stage_.now;
                 },
                 [&](const session::ended_event& e) {
                   c->ended = e;
                   c->ended_at = stage_.now;
                   if (e.media) c->statistics = e.media;
                 },
                 [&](const session::dtmf_event& e) { hear_digit(*c, e); },
                 [&](const session::play_finished_event&) { ++c->plays_over; },
                 [&](const session::speech_event& e) { c->speech_heard |= e.speaking; },
                 [&](const session::held_event& e) {
                   if (e.by == call::ended_by::remote)
                     remember(e.on_hold ? c->holds : c->resumes, true);
                 },
                 [&](const session::request_event& e) { remember(held, e.what); },
                 [&](const session::transfer_event& e) {
                   const bool last = e.what.state == call::transfer_state::done ||
                                     e.what.state == call::transfer_state::failed;
                   if (e.what.by_us && last) remember(c->transfers, e.what);
                   c->sent_elsewhere = e.what.state != call::transfer_state::failed;
                 },
                 [](const auto&) {},
             },
             told.what);
}

void player::hear_digit(call_view& c, const session::dtmf_event& e) {
  ++c.digits_heard;
  remember(c.digits, seen_digit{e.digit, e.method, stage_.now});
  c.note(digit_point{stage_.ms(stage_.now), false, e.digit, e.duration_ms, e.method});
}

void player::hear(const session::media_told& told) {
  call_view* const c = find(told.call);
  if (c == nullptr) return;
  if (std::holds_alternative<media::digits_sent>(told.what)) c->digits_under_way = false;
  if (const auto* now = std::get_if<media::statistics_now>(&told.what)) {
    c->statistics = now->statistics;
    if (c->report.quality.size() < max_quality_points)
      c->report.quality.push_back({stage_.ms(stage_.now), c->statistics->jitter_ms,
                                   c->statistics->packets_received, c->statistics->lost});
  }
}

void player::note_branch(std::string_view branch) {
  if (branches_.size() >= max_remembered) branches_.pop_front();
  branches_.emplace_back(branch);
}

void player::pass(bool incoming, const message_ptr& m) {
  if (!incoming && m->is_request() && m->top_via()) note_branch(m->top_via()->branch());
  if (incoming && !m->is_request() &&
      (!m->top_via() ||
       std::find(branches_.begin(), branches_.end(), m->top_via()->branch()) == branches_.end()))
    return;
  const auto& number = m->cseq();
  call_view* c = nullptr;
  for (auto one = calls_.rbegin(); one != calls_.rend() && c == nullptr; ++one)
    if ((*one)->opened && (*one)->info.sip_call_id == m->call_id()) c = one->get();
  const bool to_tag = m->to() && !m->to()->tag().empty();
  if (c == nullptr) {
    // It may be of a call that is told in a moment.
    if (m->method() == sip::method::invite) {
      if (early_.size() >= max_early) early_.pop_front();
      early_.emplace_back(incoming, m);
    } else if (incoming) {
      remember(m->is_request() ? outside_.requests : outside_.responses, m);
    }
    return;
  }
  const bool change = m->method() == sip::method::invite || m->method() == sip::method::update;
  if (!incoming) {
    if (m->is_request() && change && to_tag && number) {
      ++c->changes_begun;
      c->changes.insert(number->number);
    }
    return;
  }
  if (m->is_request()) {
    if (m->method() == sip::method::invite && !to_tag)
      c->invite = m;
    else
      remember(c->messages.requests, m);
    return;
  }
  if (change && m->status() >= 200 && number) c->changes.erase(number->number);
  if (m->status() > 100) remember(c->messages.responses, m);
}

void player::open_ear(call_view& c) {
  const auto format = station_->engine().format_of(c.id);
  if (!format) return;
  const std::uint32_t rate = audio::info(format->send.codec).sample_rate;
  c.sound = std::make_shared<ear>(rate);
  media::record_command command{ear_handle, c.sound};
  command.sample_rate = rate;
  static_cast<void>(station_->engine().command(c.id, std::move(command)));
  if (!stage_.keep_sound_in.empty()) {
    // What a person wants to hear of a call that failed: left what was heard, right what was sent.
    const std::string file =
        stage_.keep_sound_in + "/" + party_.name + "-" + std::to_string(calls_.size()) + ".wav";
    std::string error;
    auto kept = station_->sounds().open_recording(
        file, rate, true, [](const session::recording_result&) {}, error);
    if (kept.sink) {
      media::record_command keep{ear_handle + 1, kept.sink};
      keep.sample_rate = rate;
      static_cast<void>(station_->engine().command(c.id, std::move(keep)));
    } else {
      note(error);
    }
  }
  station_->settle();
}

void player::listen() {
  for (const auto& c : calls_) {
    if (!c->is_over() && !c->measured &&
        station_->engine().command(c->id, media::watch_statistics_command{measured_every})) {
      c->measured = true;
      if (listens_for_tones_)
        static_cast<void>(station_->engine().command(c->id, media::watch_tones_command{}));
      station_->settle();
    }
    if (!c->sound && !c->is_over() && stage_.all_ears) open_ear(*c);
    if (!c->sound) continue;
    static_cast<void>(c->sound->listen(stage_.now));
    // No step can speak of it any more: its picture is enough.
    if (c->is_over() && c.get() != newest_ && c->name.empty()) draw_sound(*c);
  }
}

void player::draw_sound(call_view& c) {
  if (c.sound->started()) {
    const double at = stage_.ms(*c.sound->started());
    c.report.heard = c.sound->heard_outline(at);
    c.report.sent = c.sound->sent_outline(at);
  }
  c.sound.reset();
}

void player::note(const std::string& line) {
  if (stage_.log.size() < max_log_lines)
    stage_.log.push_back({stage_.ms(stage_.now), party_.name, line});
}

}  // namespace sipvoice::scenario
