#include "sipvoice/scenario/player.hpp"

#include <algorithm>

#include "sipvoice/base/overloaded.hpp"
#include "sipvoice/base/text.hpp"
#include "sipvoice/scenario/wording.hpp"

namespace sipvoice::scenario {
namespace {

constexpr media::record_handle ear_handle = 2000;  // the engine counts from 1
/// Steps that a report names one by one; a longer run shows its last ones.
constexpr std::size_t max_reported_steps = 5000;
/// Of all parties together; a step in a loop may write one each time.
constexpr std::size_t max_log_lines = 10'000;
constexpr duration measured_every = std::chrono::seconds(1);
/// Two hours of them.
constexpr std::size_t max_quality_points = 7200;
/// Messages that come before their call is told.
constexpr std::size_t max_early = 64;

/// When an expectation is asked at the latest, though nothing has happened.
time_point next_look(const expectation& what, time_point now, time_point deadline) {
  constexpr duration soonest = std::chrono::milliseconds(10);
  const time_point again = what.ask_again(now);
  return again == never ? deadline : std::min(deadline, std::max(again, now + soonest));
}

std::string escape_regex(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view(R"(^$\.*+?()[]{}|/)").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

bool is_of(const call::call_request& r, const sip::message& m) {
  const auto same = [&](std::string_view name, sip::header_id id) {
    return std::any_of(r.headers.begin(), r.headers.end(), [&](const auto& h) {
      return iequals(h.first, name) && h.second == m.value(id);
    });
  };
  return r.method == m.method_name() && same("Call-ID", sip::header_id::call_id) &&
         same("CSeq", sip::header_id::cseq) && same("From", sip::header_id::from);
}

const player* stage::find(const std::string& party) const {
  for (const player* p : players)
    if (p->definition().name == party) return p;
  return nullptr;
}

player::player(stage& on, const party& p, std::size_t index)
    : stage_(on), party_(p), index_(index) {
  report_.name = p.name;
  const std::function<bool(const step&)> by_tones = [&](const step& s) {
    const auto* method = s.with.get<std::string>("method");
    const auto* inner = s.with.get<std::vector<step>>("steps");
    return (s.kind == step_kind::expect_dtmf && method != nullptr && *method == "inband") ||
           (inner != nullptr && std::any_of(inner->begin(), inner->end(), by_tones));
  };
  listens_for_tones_ = std::any_of(p.steps.begin(), p.steps.end(), by_tones);
}

void player::begin() {
  report_.address = station_->address().to_string();
  main_ = run();
  main_.start();
}

bool player::go_on() {
  if (!resume_) return false;
  if (!stage_.stopping) {
    const bool ready = ready_();
    if (!ready && stage_.now < until_) return false;
    timed_out_ = !ready;
  }
  std::exchange(resume_, nullptr).resume();
  return true;
}

time_point player::deadline() const { return resume_ ? until_ : never; }

bool player::waiting::await_ready() { return !who.stage_.stopping && ready(); }

void player::waiting::await_suspend(std::coroutine_handle<> h) {
  who.ready_ = ready;
  who.until_ = until;
  who.timed_out_ = false;
  who.resume_ = h;
}

bool player::waiting::await_resume() {
  if (who.stage_.stopping) throw run_stopped{};
  return !std::exchange(who.timed_out_, false);
}

// --- what is told

call_view& player::add(call::call_id id) {
  if (call_view* known = find(id)) return *known;
  // Callers from outside whom nobody has met: no more is kept of the oldest that are over.
  if (calls_.size() >= max_remembered)
    std::erase_if(calls_, [](const auto& c) {
      return c->opened && c->info.inbound && !c->met && c->is_over();
    });
  calls_.push_back(std::make_unique<call_view>());
  calls_.back()->id = id;
  return *calls_.back();
}

// From the newest on: most of what happens is of that.
call_view* player::find(call::call_id id) {
  const auto found =
      std::find_if(calls_.rbegin(), calls_.rend(), [id](const auto& c) { return c->id == id; });
  return found != calls_.rend() ? found->get() : nullptr;
}

call_view* player::find(const std::string& name) {
  const auto found =
      std::find_if(calls_.rbegin(), calls_.rend(), [&](const auto& c) { return c->name == name; });
  return found != calls_.rend() ? found->get() : nullptr;
}

call_view* player::find_call(const step& s) {
  const auto* on = s.with.get<std::string>("on");
  return on != nullptr ? find(*on) : newest_;
}

call_view& player::call_of(const step& s) {
  call_view* c = find_call(s);
  if (c == nullptr) {
    const auto* on = s.with.get<std::string>("on");
    throw step_failed{failure_kind::signalling, "a call",
                      on != nullptr ? "no call is named " + *on : "there is no call"};
  }
  return *c;
}

std::vector<call_view*> player::unmet_calls() {
  std::vector<call_view*> found;
  for (const auto& c : calls_)
    if (c->opened && c->info.inbound && !c->met) found.push_back(c.get());
  return found;
}

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

std::optional<step_failed> player::unexpected_end() {
  for (const auto& c : calls_) {
    if (!c->ended || c->end_met || c->sent_elsewhere) continue;
    if (c->info.inbound ? !c->met : !c->answered) continue;
    if (c->ended->by == call::ended_by::local) continue;
    if (still_to_come({step_kind::expect_hangup})) continue;
    const std::string who = c->ended->by == call::ended_by::remote
                                ? "the other side ended it"
                                : "it ended by " + std::string(call::name_of(c->ended->by));
    return step_failed{failure_kind::signalling, "a call that goes on, or expect_hangup",
                       who + " (" + c->ended->reason +
                           (c->ended->detail.empty() ? "" : ": " + c->ended->detail) + ")"};
  }
  return std::nullopt;
}

bool player::still_to_come(std::initializer_list<step_kind> kinds) const {
  const auto wanted = [&](step_kind k) {
    return std::find(kinds.begin(), kinds.end(), k) != kinds.end();
  };
  const std::function<bool(const step&)> has = [&](const step& s) {
    if (wanted(s.kind)) return true;
    const auto* inner = s.with.get<std::vector<step>>("steps");
    return inner != nullptr && std::any_of(inner->begin(), inner->end(), has);
  };
  for (std::size_t i = 0; i < path_.size(); ++i) {
    const auto& [steps, at, again] = path_[i];
    // Of the outer lists the step at work is the one whose inner list follows.
    const bool innermost = i + 1 == path_.size();
    const std::size_t from = again ? 0 : at + (innermost ? 0 : 1);
    for (std::size_t k = from; k < steps->size(); ++k)
      if (has((*steps)[k])) return true;
  }
  return false;
}

// --- the end

void player::end_calls() {
  for (const auto& c : calls_) {
    if (c->is_over()) continue;
    c->end_met = true;
    static_cast<void>(station_->engine().hang_up(c->id, "hangup", {}, stage_.now));
  }
  station_->settle();
}

void player::unregister() {
  if (account == call::call_id{}) return;
  station_->endpoint().unregister_all(stage_.now);
  station_->settle();
}

bool player::is_quiet() const {
  return std::all_of(calls_.begin(), calls_.end(), [](const auto& c) { return c->is_over(); }) &&
         station_->engine().sessions() == 0 && station_->endpoint().unanswered_byes() == 0;
}

party_report player::take_report() {
  const auto list_rest = [&](const std::vector<step>& steps) {
    for (const step& s : steps) {
      if (report_.steps.size() >= max_reported_steps) return;
      step_report r;
      r.step = s.definition().name;
      r.detail = words(s.with);
      r.line = s.at.line;
      report_.steps.push_back(std::move(r));
    }
  };
  if (path_.empty() && report_.steps.empty()) list_rest(party_.steps);
  if (!path_.empty()) {
    const auto& [steps, at, again] = path_.front();
    if (at + 1 < steps->size())
      list_rest({steps->begin() + static_cast<std::ptrdiff_t>(at) + 1, steps->end()});
  }
  for (const auto& c : calls_) {
    if (c->sound) {
      static_cast<void>(c->sound->listen(stage_.now));
      draw_sound(*c);
    }
    call_report r = std::move(c->report);
    r.name = c->name;
    r.call_id = c->info.sip_call_id;
    r.inbound = c->info.inbound;
    r.from = c->info.from_uri;
    r.to = c->info.to_uri;
    r.opened_ms = stage_.ms(c->opened_at);
    if (c->answered) {
      r.answered_ms = stage_.ms(c->answered_at);
      r.status = c->answered->status;
      r.codec = audio::info(c->ended && c->ended->codec ? *c->ended->codec
                                                        : c->answered->format.send.codec)
                    .option_name;
    }
    if (c->is_over()) r.ended_ms = stage_.ms(c->ended_at);
    if (c->rejected) {
      r.status = c->rejected->status;
      r.by = c->rejected->rule == "remote" ? "remote" : "local";
      r.reason = c->rejected->reason;
    }
    if (c->ended) {
      r.by = call::name_of(c->ended->by);
      r.reason = c->ended->reason;
      r.duration_ms = c->ended->duration_ms;
    }
    r.media = c->statistics;
    report_.calls.push_back(std::move(r));
  }
  return std::move(report_);
}

// --- values of steps

std::string player::filled(const std::string& of, bool escaped) const {
  std::string out;
  for (std::size_t at = 0; at < of.size();) {
    const std::size_t begin = of.find("${", at);
    const std::size_t end = begin == std::string::npos ? begin : of.find('}', begin);
    if (end == std::string::npos) return out + of.substr(at);
    out += of.substr(at, begin - at);
    const auto known = stage_.captured.find(of.substr(begin + 2, end - begin - 2));
    if (known == stage_.captured.end())
      out += of.substr(begin, end + 1 - begin);
    else
      out += escaped ? escape_regex(known->second) : known->second;
    at = end + 1;
  }
  return out;
}

std::string player::text(const std::string& of) const { return filled(of, false); }

session::pattern player::pattern(const session::pattern& of) const {
  if (of.how != session::pattern::kind::exact || of.text.find("${") == std::string::npos) return of;
  if (filled(of.text, false) == of.text) return of;  // not captured yet
  if (of.text.starts_with('/')) {
    std::string why;
    if (auto expression = session::parse_pattern(filled(of.text, true), why)) return *expression;
  }
  session::pattern exact;
  exact.text = text(of.text);
  return exact;
}

call::header_list player::own_headers() const {
  call::header_list list;
  if (const auto* mine = party_.settings.get<header_values>("headers"))
    for (const header_value& h : *mine) list.emplace_back(h.name, text(h.value));
  return list;
}

call::header_list player::headers(const step& s) const {
  call::header_list list;
  if (const auto* given = s.with.get<header_values>("headers"))
    for (const header_value& h : *given) list.emplace_back(h.name, text(h.value));
  return list;
}

std::string player::uri() const {
  if (const auto* registered = party_.settings.get<std::string>("register"))
    return text(*registered);
  std::string uri = "sip:" + party_.name + "@" + station_->address().to_string();
  if (station_->transport() != sip::transport::udp)
    uri += ";transport=" + to_lower(sip::via_name(station_->transport()));
  return uri;
}

std::string player::target(const std::string& to) const {
  const player* const other = stage_.find(to);
  return other != nullptr ? other->uri() : text(to);
}

std::vector<call::account> player::accounts() const {
  const auto* who = party_.settings.get<credentials>("auth");
  if (who == nullptr) return {};
  return {call::account{text(who->user), text(who->password)}};
}

std::optional<std::string> player::proxy() const {
  const auto* proxy = party_.settings.get<std::string>("proxy");
  if (proxy == nullptr) return std::nullopt;
  return text(*proxy);
}

// --- steps

step_report* player::reported(std::size_t n) {
  return n >= forgotten_ && n - forgotten_ < report_.steps.size() ? &report_.steps[n - forgotten_]
                                                                  : nullptr;
}

void player::measure(std::string name,
                     std::variant<bool, std::int64_t, double, std::string> value) {
  if (step_report* r = reported(reporting_))
    r->measured.push_back({std::move(name), std::move(value)});
}

void player::finish(std::size_t report, step_result r) {
  step_report* const found = reported(report);
  if (found == nullptr || found->result != step_result::not_run) return;
  step_report& s = *found;
  s.result = r;
  s.end_ms = stage_.ms(stage_.now);
  if (stage_.watch) stage_.watch(party_.name, s);
}

task player::run() {
  try {
    if (party_.settings.find("register") != nullptr) {
      static const step registering{step_kind::register_account, {}, {}};
      current_ = party_.steps.empty() ? nullptr : &party_.steps.front();
      co_await act_signalling(*this, registering);
    }
    co_await run_steps(party_.steps, 0, false);
    path_.clear();
    path_.push_back({&party_.steps, party_.steps.size(), false});
  } catch (const step_failed& f) {
    stage_.failed(*this, f);
  } catch (const run_stopped&) {
  } catch (const std::exception& e) {
    stage_.failed(*this, {failure_kind::time, "a step that can be done", e.what()});
  }
  current_ = nullptr;
  over_ = true;
}

task player::run_steps(const std::vector<step>& steps, int depth, bool again) {
  path_.push_back({&steps, 0, again});
  const std::size_t level = path_.size() - 1;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    path_[level].at = i;
    co_await run_step(steps[i], depth);
  }
  if (depth > 0) path_.pop_back();
}

task player::run_step(const step& s, int depth) {
  current_ = &s;
  step_report r;
  r.step = s.definition().name;
  r.detail = words(s.with);
  r.line = s.at.line;
  r.depth = depth;
  r.start_ms = r.end_ms = stage_.ms(stage_.now);
  if (report_.steps.size() >= max_reported_steps) {
    constexpr std::ptrdiff_t at_once = max_reported_steps / 4;
    report_.steps.erase(report_.steps.begin(), report_.steps.begin() + at_once);
    forgotten_ += at_once;
  }
  if (stage_.watch) stage_.watch(party_.name, r);
  report_.steps.push_back(std::move(r));
  const std::size_t mine = forgotten_ + report_.steps.size() - 1;
  reporting_ = mine;
  try {
    if (s.definition().expects)
      co_await expect(s);
    else
      co_await act(s, depth);
  } catch (const step_failed&) {
    finish(mine, step_result::failed);
    throw;
  } catch (const run_stopped&) {
    finish(mine, step_result::stopped);
    throw;
  }
  finish(mine, step_result::passed);
}

task player::act(const step& s, int depth) {
  switch (s.kind) {
    case step_kind::repeat: {
      const auto* inner = s.with.get<std::vector<step>>("steps");
      const auto times = s.with.get_or<std::int64_t>("times", 1);
      for (std::int64_t i = 0; inner != nullptr && i < times; ++i)
        co_await run_steps(*inner, depth + 1, i + 1 < times);
      break;
    }
    case step_kind::sync:
      co_await meet_others(s);
      break;
    case step_kind::wait:
    case step_kind::silence:
      static_cast<void>(co_await pause(s.with.get_or<duration>("for", {})));
      break;
    case step_kind::log:
      note(text(s.with.get_or<std::string>("text", {})));
      break;
    case step_kind::set:
      set_variable(s);
      break;
    default:
      if (is_sound(s.kind))
        co_await act_sound(*this, s);
      else
        co_await act_signalling(*this, s);
      break;
  }
}

/// All parties that name it meet before anybody goes on.
task player::meet_others(const step& s) {
  auto& m = stage_.meetings[s.with.get_or<std::string>("name", {})];
  const std::size_t round = m.round;
  if (++m.here >= m.parties) {
    m.here = 0;
    ++m.round;
    co_return;
  }
  static_cast<void>(co_await until([&m, round] { return m.round != round; }));
}

void player::set_variable(const step& s) {
  const auto name = s.with.get_or<std::string>("name", {});
  const auto header = s.with.get_or<std::string>("header", {});
  if (!just_met_)
    throw step_failed{failure_kind::signalling, "a message that an expectation has met",
                      "none was met so far"};
  const auto field =
      std::find_if(just_met_->fields().begin(), just_met_->fields().end(), [&](const auto& f) {
        return iequals(just_met_->name(f), header) ||
               (f.id != sip::header_id::other && f.id == sip::header_of(header));
      });
  if (field == just_met_->fields().end())
    throw step_failed{failure_kind::signalling, "a header " + header,
                      "the " + words(*just_met_) + " has none"};
  std::string value(just_met_->value(*field));
  if (const auto* match = s.with.get<session::pattern>("match")) {
    std::smatch found;
    if (value.size() > session::max_regex_subject ||
        !std::regex_search(value, found, match->expression) || found.size() < 2)
      throw step_failed{failure_kind::signalling, header + " like " + words(*match),
                        header + ": " + shortened(value)};
    value = found[1].str();
  }
  stage_.captured[name] = value;
  measure("value", value);
}

/// A request that was held, and that no `respond` follows before the next one, is answered as
/// usual.
void player::answer_by_default() {
  const auto& here = path_.back();
  for (std::size_t i = here.at + 1; i < here.steps->size(); ++i) {
    const step_kind kind = (*here.steps)[i].kind;
    if (kind == step_kind::respond) return;
    if (kind == step_kind::expect_request) break;
  }
  if (!just_met_) return;
  const auto waits = std::find_if(held.begin(), held.end(), [this](const call::call_request& r) {
    return is_of(r, *just_met_);
  });
  if (waits == held.end()) return;
  static_cast<void>(station_->endpoint().respond(waits->id, waits->request, {}, stage_.now));
  held.erase(waits);
  station_->settle();
}

task player::expect(const step& s) {
  if (s.kind == step_kind::expect_no) {
    co_await expect_none(s);
    co_return;
  }
  const auto what = make_expectation(*this, s);
  const duration within = s.with.get_or<duration>("within", default_within);
  const time_point deadline = stage_.now + within + what->beyond();
  look l = look::wait;
  const auto ask = [&] {
    what->fill();
    return (l = what->poll(stage_.now)) != look::wait;
  };
  // Some want to be asked again although nothing has happened.
  for (bool came = false; !came && stage_.now <= deadline;) {
    const time_point next = next_look(*what, stage_.now, deadline);
    came = co_await until(ask, next);
    if (next == deadline) break;
  }
  for (measured_value& m : what->measured()) measure(std::move(m.name), std::move(m.is));
  if (l == look::met) {
    if (s.kind == step_kind::expect_request) answer_by_default();
    co_return;
  }
  const std::string wanted = what->expected();
  if (l == look::failed) throw step_failed{what->kind(), wanted, what->seen()};
  throw step_failed{what->kind_of_nothing(), wanted + " within " + words(within),
                    "in that time: " + what->seen()};
}

/// What is still unmet counts, and what comes until the time is over.
task player::expect_none(const step& s) {
  const auto* inner = s.with.get<std::vector<step>>("steps");
  if (inner == nullptr || inner->empty()) co_return;
  const auto what = make_expectation(*this, inner->front());
  const time_point deadline = stage_.now + s.with.get_or<duration>("for", {});
  what->forbid(deadline);
  look l = look::wait;
  const auto ask = [&] {
    what->fill();
    return (l = what->poll(stage_.now)) == look::met;
  };
  bool came = false;
  while (!came) {
    const time_point next = next_look(*what, stage_.now, deadline);
    came = co_await until(ask, next);
    if (next == deadline) break;
  }
  for (measured_value& m : what->measured()) measure(std::move(m.name), std::move(m.is));
  if (!came && !what->had_chance())
    throw step_failed{what->kind_of_nothing(), "a call in which it could come", what->seen()};
  if (!came) co_return;
  throw step_failed{what->kind(),
                    "no " + what->expected() + " for " + words(s.with.get_or<duration>("for", {})),
                    "it came"};
}

}  // namespace sipvoice::scenario
