#include "sipvoice/scenario/check_document.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "sipvoice/base/text.hpp"

namespace sipvoice::scenario {
namespace {

using session::quoted;

std::string seconds(duration d) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
  return ms % 1000 == 0 ? std::to_string(ms / 1000) + "s" : std::to_string(ms) + "ms";
}

/// Steps that need no call, or none when they name somebody.
bool may_stand_alone(const step& s) {
  switch (s.kind) {
    case step_kind::expect_request:  // a MESSAGE outside of any call
    case step_kind::expect_response:
    case step_kind::respond:
      return true;
    case step_kind::message:
    case step_kind::options:
    case step_kind::send_raw:
      return s.with.find("to") != nullptr;
    case step_kind::expect_no: {  // as what it stands around
      const auto* inner = s.with.get<std::vector<step>>("steps");
      return inner != nullptr && !inner->empty() &&
             (!inner->front().definition().on_call || may_stand_alone(inner->front()));
    }
    default:
      return false;
  }
}

/// Where a name is used, and by whom.
struct meeting {
  place at;
  std::set<std::string> parties;
  std::size_t steps = 0;
};

class checker {
 public:
  checker(const document& d, std::vector<mistake>& mistakes) : document_(d), mistakes_(mistakes) {}

  void run() {
    for (const party& p : document_.parties) find_called(p, p.steps);
    for (const party& p : document_.parties) check_party(p);
    for (const auto& [name, m] : syncs_) {
      if (m.parties.size() == 1)
        complain(m.at, "nobody else waits at 'sync: " + name + "'; name it in a second party too");
    }
    for (const auto& [name, m] : bridges_) {
      if (m.steps == 1)
        complain(m.at, "nothing else is in 'bridge: " + name +
                           "'; name it for a second call, of this party or of another");
    }
  }

 private:
  void complain(place at, const std::string& text) {
    mistakes_.push_back({document_.file, at.line, at.column, text});
  }

  void find_called(const party& from, const std::vector<step>& steps) {
    for (const step& s : steps) {
      if (const auto* inner = s.with.get<std::vector<step>>("steps")) find_called(from, *inner);
      const auto* to = s.with.get<std::string>("to");
      if (to == nullptr) continue;
      called_.insert(*to);
      if (s.kind == step_kind::call && *to == from.name)
        complain(s.at, quoted(from.name) + " calls itself; name another party");
    }
  }

  void check_party(const party& p) {
    party_ = &p;
    calls_ = 0;
    names_.clear();
    met_request_ = false;
    told_no_call_ = false;
    waited_ = {};
    if (const auto* ptime = p.settings.get<duration>("ptime")) {
      constexpr std::array<int, 5> possible = {10, 20, 30, 40, 60};
      const bool fits = std::any_of(possible.begin(), possible.end(), [ptime](int ms) {
        return *ptime == std::chrono::milliseconds(ms);
      });
      if (!fits)
        complain(p.settings.find("ptime")->at, "'ptime' is 10ms to 60ms: 10, 20, 30, 40 or 60");
    }
    if (p.steps.empty()) return;
    if (check_steps(p.steps, 1) > max_steps)
      complain(p.at, quoted(p.name) + " does more than " + std::to_string(max_steps) +
                         " steps, with everything that is repeated");
  }

  /// How many steps these are, done `times` times; no more is counted behind the limit.
  std::uint64_t check_steps(const std::vector<step>& steps, std::uint64_t times) {
    std::uint64_t count = 0;
    for (const step& s : steps) {
      check_step(s, times);
      count += times;
      if (s.kind != step_kind::repeat) continue;
      const auto* inner = s.with.get<std::vector<step>>("steps");
      const std::uint64_t often =
          times * static_cast<std::uint64_t>(s.with.get_or<std::int64_t>("times", 1));
      if (inner != nullptr && often <= max_steps) count += check_steps(*inner, often);
      if (often > max_steps || count > max_steps) return max_steps + 1;
    }
    return count;
  }

  void check_step(const step& s, std::uint64_t times) {
    check_call(s);
    switch (s.kind) {
      case step_kind::call:
      case step_kind::expect_call:
        begin_call(s);
        break;
      case step_kind::expect_request:
        met_request_ = true;
        break;
      case step_kind::respond:
        if (!met_request_) complain(s.at, "no request to respond to; 'expect_request' comes first");
        break;
      case step_kind::reject:
        check_reject(s);
        break;
      case step_kind::wait:
      case step_kind::silence:
      case step_kind::expect_silence:
        check_wait(s, times);
        break;
      case step_kind::sync:
        meet(syncs_, s);
        break;
      case step_kind::bridge:
        meet(bridges_, s);
        break;
      case step_kind::send_raw:
        exactly_one(s, {"text", "hex", "file"});
        break;
      case step_kind::expect_audio:
        exactly_one(s, {"like", "tone", "speech", "any"});
        break;
      case step_kind::expect_media:
        if (s.broken) break;
        if (s.with.list.empty() || (s.with.list.size() == 1 && s.with.find("within") != nullptr))
          complain(
              s.at,
              "'expect_media' expects nothing; name audio, lost, jitter, codec or first_packet");
        break;
      case step_kind::expect_dtmf:
        if (!s.broken && s.with.find("digits") == nullptr)
          complain(s.at,
                   "'expect_dtmf' needs 'digits'; any digit at all: expect_no: {expect_dtmf: {}, "
                   "for: 1s}");
        break;
      case step_kind::register_account:
      case step_kind::unregister:
        if (party_->settings.find("register") == nullptr)
          complain(s.at, quoted(party_->name) + " has no 'register: URI' among its settings");
        break;
      case step_kind::expect_no:
        check_no(s);
        break;
      default:
        break;
    }
    if (const argument* within = s.with.find("within"))
      limit(within->at, "waits", std::get<duration>(within->is));
  }

  void check_call(const step& s) {
    if (!s.definition().on_call || s.kind == step_kind::call || may_stand_alone(s)) return;
    if (calls_ == 0 && !told_no_call_) {
      told_no_call_ = true;
      complain(s.at, quoted(s.definition().name) +
                         " without a call: 'call' or 'expect_call' comes first");
    }
    for (const char* key : {"on", "replaces"}) {
      const argument* name = s.with.find(key);
      if (name != nullptr && !names_.contains(std::get<std::string>(name->is)))
        complain(name->at, "no call of " + quoted(party_->name) + " is named " +
                               quoted(std::get<std::string>(name->is)) +
                               " so far; name one by 'as'");
    }
  }

  void begin_call(const step& s) {
    ++calls_;
    if (const auto* as = s.with.get<std::string>("as")) names_.insert(*as);
    if (s.kind != step_kind::expect_call) return;
    const auto* listen = party_->settings.get<std::string>("listen");
    const bool reachable = listen != nullptr && !listen->ends_with(":0");
    if (!called_.contains(party_->name) && !reachable &&
        party_->settings.find("register") == nullptr)
      complain(
          s.at,
          "nobody calls " + quoted(party_->name) + "; 'call: " + party_->name +
              "' in another party, 'register', or a 'listen' with a port for somebody outside");
  }

  void check_reject(const step& s) {
    const auto* status = s.with.get<status_line>("status");
    if (status != nullptr && status->status < 300)
      complain(s.with.find("status")->at, "'reject' takes a status from 300 to 699");
  }

  void check_wait(const step& s, std::uint64_t times) {
    const argument* how_long = s.with.find("for");
    if (how_long == nullptr) return;
    const auto one = std::get<duration>(how_long->is);
    limit(how_long->at, "takes", one);
    if (one > document_.timeout) return;
    const bool was_within = waited_ <= document_.timeout;
    waited_ += one * static_cast<std::int64_t>(std::min<std::uint64_t>(times, max_steps));
    if (was_within && waited_ > document_.timeout)
      complain(how_long->at, quoted(party_->name) + " waits " + seconds(waited_) +
                                 " in all, longer than the timeout of " +
                                 seconds(document_.timeout) + "; set timeout: of the scenario");
  }

  void limit(place at, const char* verb, duration how_long) {
    if (how_long > document_.timeout)
      complain(at, std::string(verb) + " " + seconds(how_long) + ", longer than the timeout of " +
                       seconds(document_.timeout) + "; set timeout: of the scenario");
  }

  void exactly_one(const step& s, std::initializer_list<std::string_view> names) {
    if (s.broken) return;
    std::string all;
    std::ptrdiff_t found = 0;
    for (const std::string_view name : names) {
      const argument* given = s.with.find(name);
      const bool* flag = given != nullptr ? std::get_if<bool>(&given->is) : nullptr;
      found += given != nullptr && (flag == nullptr || *flag) ? 1 : 0;
      all.append(all.empty() ? "" : ", ").append(name);
    }
    if (found != 1) complain(s.at, quoted(s.definition().name) + " takes one of " + all);
  }

  void check_no(const step& s) {
    const auto* inner = s.with.get<std::vector<step>>("steps");
    if (const argument* how_long = s.with.find("for"))
      limit(how_long->at, "takes", std::get<duration>(how_long->is));
    if (inner == nullptr || inner->empty()) return;
    const step& not_wanted = inner->front();
    if (not_wanted.kind != step_kind::expect_dtmf && not_wanted.kind != step_kind::expect_call)
      check_step(not_wanted, 1);
  }

  void meet(std::map<std::string, meeting>& meetings, const step& s) {
    const auto* name = s.with.get<std::string>("name");
    if (name == nullptr) return;
    meeting& m = meetings[*name];
    if (m.parties.empty()) m.at = s.at;
    m.parties.insert(party_->name);
    ++m.steps;
  }

  const document& document_;
  std::vector<mistake>& mistakes_;
  std::set<std::string> called_;  ///< whom a call, transfer or redirection names
  std::map<std::string, meeting> syncs_, bridges_;
  const party* party_ = nullptr;
  std::size_t calls_ = 0;
  std::set<std::string> names_;
  bool met_request_ = false, told_no_call_ = false;
  duration waited_{};
};

bool leaves_in(const document& d, const std::vector<step>& steps) {
  return std::any_of(steps.begin(), steps.end(), [&](const step& s) {
    const auto* inner = s.with.get<std::vector<step>>("steps");
    const auto* to = s.with.get<std::string>("to");
    return (to != nullptr && d.find(*to) == nullptr) || s.with.find("proxy") != nullptr ||
           (inner != nullptr && leaves_in(d, *inner));
  });
}

}  // namespace

void check_document(const document& d, std::vector<mistake>& mistakes) {
  checker(d, mistakes).run();
}

bool document::leaves() const {
  return std::any_of(parties.begin(), parties.end(), [this](const party& p) {
    return p.settings.find("register") != nullptr || p.settings.find("proxy") != nullptr ||
           leaves_in(*this, p.steps);
  });
}

}  // namespace sipvoice::scenario
