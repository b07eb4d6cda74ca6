// A party: its life, its calls, how they end, and what the report says of them.
#include "sipvoice/scenario/player.hpp"

#include <algorithm>

#include "sipvoice/scenario/wording.hpp"

namespace sipvoice::scenario {
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

}  // namespace sipvoice::scenario
