#include "sipvoice/scenario/runner.hpp"

#include <algorithm>
#include <deque>
#include <set>

#include "sipvoice/api/mask.hpp"
#include "sipvoice/base/text.hpp"
#include "sipvoice/scenario/bridge.hpp"
#include "sipvoice/scenario/player.hpp"
#include "sipvoice/scenario/wording.hpp"
#include "sipvoice/sip/uri.hpp"

namespace sipvoice::scenario {
namespace {

/// Of the messages that all parties remember; what comes while there are so many is only drawn.
constexpr std::size_t max_kept_bytes = std::size_t{64} << 20;
/// Messages of which copies are recognised.
constexpr std::size_t max_known_messages = 1024;

bool has_step(const std::vector<step>& steps, std::initializer_list<step_kind> kinds) {
  return std::any_of(steps.begin(), steps.end(), [&](const step& s) {
    if (std::find(kinds.begin(), kinds.end(), s.kind) != kinds.end()) return true;
    const auto* inner = s.with.get<std::vector<step>>("steps");
    return inner != nullptr && has_step(*inner, kinds);
  });
}

/// A prompt of it ends when somebody speaks.
bool waits_for_speech(const std::vector<step>& steps) {
  return std::any_of(steps.begin(), steps.end(), [](const step& s) {
    const auto* until = s.with.get<std::string>("until");
    const auto* inner = s.with.get<std::vector<step>>("steps");
    return (until != nullptr && *until == "speech") ||
           (inner != nullptr && waits_for_speech(*inner));
  });
}

/// Methods of the requests that are expected and then responded to.
std::set<std::string> answered_itself(const std::vector<step>& steps) {
  std::set<std::string> methods;
  std::string met;
  for (const step& s : steps) {
    if (s.kind == step_kind::expect_request) met = s.with.get_or<std::string>("method", {});
    if (s.kind == step_kind::respond) methods.insert(met);
    if (const auto* inner = s.with.get<std::vector<step>>("steps"))
      methods.merge(answered_itself(*inner));
  }
  return methods;
}

void find_meetings(const std::vector<step>& steps, std::set<std::string>& names) {
  for (const step& s : steps) {
    if (s.kind == step_kind::sync) names.insert(s.with.get_or<std::string>("name", {}));
    if (const auto* inner = s.with.get<std::vector<step>>("steps")) find_meetings(*inner, names);
  }
}

}  // namespace

struct runner::impl {
  impl(const document& d, session::sound_store& sounds, runner_options o) : options(std::move(o)) {
    on.file = &d;
    on.sounds = &sounds;
    on.watch = options.watch;
    on.read_file = options.read_file;
    on.failed = [this](player& p, const step_failed& f) { failed(p, f); };
    on.join_bridge = [this](const std::string& name, player& p, call_view& c) {
      bridges[name].join(p, c);
    };
    on.keep_sound_in = options.keep_sound_in;
    on.all_ears = options.with_sounds || !options.keep_sound_in.empty();
    for (const party& p : d.parties) {
      parties.push_back(std::make_unique<player>(on, p, parties.size()));
      on.players.push_back(parties.back().get());
      if (has_step(p.steps,
                   {step_kind::expect_audio, step_kind::expect_silence, step_kind::bridge}))
        on.all_ears = true;
      std::set<std::string> names;
      find_meetings(p.steps, names);
      for (const std::string& name : names) ++on.meetings[name].parties;
    }
  }

  void failed(player& p, const step_failed& f) {
    if (report.failure) return;  // a consequence
    failure_report r;
    r.party = p.definition().name;
    r.file = on.file->file;
    r.kind = f.kind;
    r.expected = f.expected;
    r.seen = f.seen;
    const step* at = p.current_step();
    const auto& steps = p.definition().steps;
    if (at == nullptr && !steps.empty()) at = p.over() ? &steps.back() : &steps.front();
    if (at != nullptr) {
      r.step = at->definition().name;
      r.line = at->at.line;
    }
    report.failure = std::move(r);
    report.result = verdict::failed;
    stop();
  }
  void stop() {
    if (ending_since == never) ending_since = on.now;
    on.stopping = true;
    dirty = true;
  }
  void end_calls() {
    for (const auto& p : parties) p->end_calls();
  }

  /// Whose address it is; else the address itself.
  [[nodiscard]] std::string name_of(const socket_address& a) const {
    for (const player* p : on.players)
      if (p->at().address() == a) return p->definition().name;
    return a.to_string();
  }
  void pass(player& p, const call::passing_message& m) {
    if (!begun) return;
    on.now = std::max(on.now, options.clock ? options.clock() : on.now);
    dirty = true;
    if (options.wake) options.wake();
    const std::size_t hash = std::hash<std::string_view>{}(m.bytes);
    const std::size_t owned =
        hash ^ (p.index() * 2 + (m.incoming ? 1 : 0) + 1) * 0x9e3779b97f4a7c15U;
    const bool copy = std::find(known.begin(), known.end(), owned) != known.end();
    if (!copy) {
      known.push_back(owned);
      if (known.size() > max_known_messages) known.pop_front();
    }
    draw(p, m, hash, copy);
    if (copy || *kept_bytes + m.bytes.size() > max_kept_bytes) return;
    auto parsed = sip::message::parse(std::string(m.bytes));
    if (parsed) p.pass(m.incoming, kept(std::move(*parsed)));
  }
  /// What waits for an expectation counts as long as somebody holds it.
  [[nodiscard]] message_ptr kept(sip::message m) {
    const std::size_t size = m.bytes().size();
    *kept_bytes += size;
    return {new sip::message(std::move(m)), [count = kept_bytes, size](const sip::message* gone) {
              *count -= size;
              delete gone;
            }};
  }
  /// For the ladder: what a party has sent to another is drawn once.
  void draw(const player& p, const call::passing_message& m, std::size_t hash, bool copy) {
    if (m.incoming) {
      const auto sent = drawn.find(hash);
      if (sent != drawn.end()) {
        if (sent->second < report.messages.size())
          report.messages[sent->second].to = p.definition().name;
        return;
      }
    }
    if (report.messages.size() >= scenario_report::max_messages) leave_one_out();
    if (!m.incoming) drawn[hash] = report.messages.size();
    const std::string other = name_of(m.remote);
    report.messages.push_back({on.ms(on.now), m.incoming ? other : p.definition().name,
                               m.incoming ? p.definition().name : other,
                               api::mask_credentials(m.bytes), copy});
  }

  /// The first ones and the last ones are kept: what a person looks at.
  void leave_one_out() {
    constexpr std::size_t first_ones = scenario_report::max_messages / 2;
    report.messages.erase(report.messages.begin() + first_ones);
    ++report.messages_left_out;
    std::erase_if(drawn, [](const auto& one) { return one.second == first_ones; });
    for (auto& [message, at] : drawn)
      if (at > first_ones) --at;
  }

  /// A party is called by its own URI, or by the Contact that its calls have.
  [[nodiscard]] bool leads_to_a_party(const std::string& uri) const {
    const auto parsed = sip::uri::parse(uri);
    if (!parsed) return false;
    constexpr std::uint16_t default_port = 5060;
    const std::uint16_t port = parsed->port != 0 ? parsed->port : default_port;
    const auto ip = ip_address::parse(parsed->host);
    return std::any_of(parties.begin(), parties.end(), [&](const auto& p) {
      return p->uri() == uri || (ip && p->at().address() == socket_address{*ip, port});
    });
  }

  void check_ends() {
    if (on.stopping) return;
    for (const auto& p : parties) {
      const auto end = p->unexpected_end();
      if (end) return failed(*p, *end);
    }
  }
  void check_time() {
    if (on.stopping || on.now < on.began + on.file->timeout) return;
    // Who waits for something is named; of several the first of the file.
    const auto expects = [](const player& p) {
      return p.current_step() != nullptr && p.current_step()->definition().expects;
    };
    player* late = nullptr;
    for (const auto& p : parties)
      if (!p->over() && (late == nullptr || (expects(*p) && !expects(*late)))) late = p.get();
    if (late == nullptr) return;
    failed(*late, {failure_kind::time, "the end of the scenario within " + words(on.file->timeout),
                   "it is still at this step"});
  }

  const runner_options options;
  stage on;
  std::vector<std::unique_ptr<player>> parties;
  std::map<std::string, sound_bridge> bridges;
  scenario_report report;
  std::deque<std::size_t> known;
  std::shared_ptr<std::size_t> kept_bytes = std::make_shared<std::size_t>(0);
  std::map<std::size_t, std::size_t> drawn;  ///< messages of parties, by what they are
  bool begun = false, calls_ended = false, dirty = false, advancing = false;
  time_point ending_since = never;
};

runner::runner(const document& d, session::sound_store& sounds, runner_options options)
    : impl_(std::make_unique<impl>(d, sounds, std::move(options))) {}
runner::~runner() = default;

station_plan runner::plan(std::size_t party) {
  player& p = *impl_->parties.at(party);
  station_plan plan = plan_of(p.definition());
  plan.endpoint.trace = [self = impl_.get(), &p](const call::passing_message& m) {
    self->pass(p, m);
  };
  // Whom a party responds to itself: the requests that it expects right before a `respond`.
  plan.endpoint.hold_request = [methods = answered_itself(p.definition().steps)](
                                   call::call_id, std::string_view method) {
    return methods.contains(std::string(method));
  };
  // Among the parties of one file a transfer is always taken.
  const bool anywhere = p.definition().settings.get_or<bool>("allow_refer", false);
  plan.endpoint.allow_refer = [self = impl_.get(), anywhere](const std::string& uri) {
    return anywhere || self->leads_to_a_party(uri);
  };
  return plan;
}

void runner::attach(std::size_t party, station& s) {
  player& p = *impl_->parties.at(party);
  p.attach(s);
  s.engine().tell_values(true);
  s.engine().set_texts(session::event_texts::none);
  s.engine().set_chooser([](const call::call_info&) {
    session::chosen_plan chosen;
    chosen.plan.controlled = true;
    return chosen;
  });
  s.engine().watch_speech(waits_for_speech(p.definition().steps),
                          p.definition().settings.get_or<bool>("barge_in", false));
}

void runner::begin(time_point now) {
  impl_->on.began = impl_->on.now = now;
  impl_->begun = impl_->dirty = true;
  for (const auto& p : impl_->parties) p->begin();
  advance(now);
}

void runner::hear(std::size_t party, const session::told& told, time_point now) {
  impl_->on.now = std::max(impl_->on.now, now);
  impl_->parties.at(party)->hear(told);
  impl_->dirty = true;
}

void runner::hear(std::size_t party, const session::media_told& told, time_point now) {
  impl_->on.now = std::max(impl_->on.now, now);
  impl_->parties.at(party)->hear(told);
  impl_->dirty = true;
}

void runner::fail(std::size_t party, failure_kind kind, const std::string& seen, time_point now) {
  impl_->on.now = std::max(impl_->on.now, now);
  if (!impl_->begun)
    impl_->on.began = impl_->on.now;  // a station that could not start: no time has passed
  impl_->failed(*impl_->parties.at(party),
                {kind, impl_->begun ? "a run without an error" : "a party that can start", seen});
}

void runner::interrupt(time_point now) {
  if (impl_->on.stopping || impl_->parties.empty()) return;
  impl_->on.now = std::max(impl_->on.now, now);
  const auto at_work = std::find_if(impl_->parties.begin(), impl_->parties.end(),
                                    [](const auto& p) { return !p->over(); });
  impl_->failed(at_work != impl_->parties.end() ? **at_work : *impl_->parties.front(),
                {failure_kind::time, "the end of the scenario", "interrupted"});
}

void runner::advance(time_point now) {
  impl& r = *impl_;
  if (!r.begun || std::exchange(r.advancing, true)) return;
  r.on.now = std::max(r.on.now, now);
  if (r.dirty || r.on.now >= next_deadline()) {
    r.dirty = false;
    for (const auto& p : r.parties) p->listen();
    for (auto& [name, bridge] : r.bridges) bridge.mix();
    // An end that nobody asks for is the cause, and what a step then lacks its consequence.
    r.check_ends();
    for (bool more = true; more;) {
      more = false;
      for (const auto& p : r.parties)
        while (p->go_on()) more = true;
      if (!more && !r.on.stopping) {
        r.check_ends();
        r.check_time();
        more = r.on.stopping;
      }
    }
    const bool all_over =
        std::all_of(r.parties.begin(), r.parties.end(), [](const auto& p) { return p->over(); });
    if (all_over && !r.calls_ended) {
      r.calls_ended = true;
      r.on.stopping = true;
      if (r.ending_since == never) r.ending_since = r.on.now;
      r.end_calls();
      for (const auto& p : r.parties) p->unregister();
    }
  }
  r.advancing = false;
}

time_point runner::next_deadline() const {
  if (impl_->ending_since != never) return impl_->ending_since + max_ending;
  time_point next = impl_->on.began + impl_->on.file->timeout;
  for (const auto& p : impl_->parties) next = std::min(next, p->deadline());
  return next;
}

bool runner::done() const {
  const impl& r = *impl_;
  if (!r.calls_ended) return false;
  if (r.on.now >= r.ending_since + max_ending) return true;
  return std::all_of(r.parties.begin(), r.parties.end(),
                     [](const auto& p) { return p->is_quiet(); });
}

scenario_report runner::take_report(time_point now) {
  impl& r = *impl_;
  r.on.now = std::max(r.on.now, now);
  scenario_report out = std::move(r.report);
  out.name = r.on.file->title;
  out.file = r.on.file->file;
  out.row = r.options.row;
  out.seed = r.options.seed;
  out.duration_ms = r.on.ms(r.on.now);
  for (const auto& p : r.parties) out.parties.push_back(p->take_report());
  out.log = std::move(r.on.log);
  return out;
}

}  // namespace sipvoice::scenario
