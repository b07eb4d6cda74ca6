// A party does its steps one after another, and waits for what they expect.
#include "sipvoice/scenario/player.hpp"

#include <algorithm>

#include "sipvoice/base/text.hpp"
#include "sipvoice/scenario/wording.hpp"

namespace sipvoice::scenario {
namespace {

/// When an expectation is asked at the latest, though nothing has happened.
time_point next_look(const expectation& what, time_point now, time_point deadline) {
  constexpr duration soonest = std::chrono::milliseconds(10);
  const time_point again = what.ask_again(now);
  return again == never ? deadline : std::min(deadline, std::max(again, now + soonest));
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
