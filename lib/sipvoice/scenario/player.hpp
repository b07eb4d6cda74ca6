// A party at work: its calls, what reached it, and the step that it is at. Private to the runner.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sipvoice/scenario/call_view.hpp"
#include "sipvoice/scenario/document.hpp"
#include "sipvoice/scenario/report.hpp"
#include "sipvoice/scenario/station.hpp"
#include "sipvoice/scenario/task.hpp"

namespace sipvoice::scenario {

/// A step did not see what it had to. Thrown within a party, and caught at its end.
struct step_failed {
  failure_kind kind = failure_kind::signalling;
  std::string expected, seen;
};
/// The scenario is over while a step is under way.
struct run_stopped {};

class player;

/// What the parties of one run share.
struct stage {
  const document* file = nullptr;
  session::sound_store* sounds = nullptr;
  time_point began{}, now{};
  bool stopping = false;
  bool all_ears = false;
  std::string keep_sound_in;  ///< a folder for what every call hears and sends; empty: none
  std::map<std::string, std::string> captured;
  std::vector<player*> players;
  struct meeting {
    std::size_t here = 0, round = 0;
    std::size_t parties = 0;
  };
  std::map<std::string, meeting> meetings;
  std::vector<log_report> log;
  std::function<void(const std::string&, const step_report&)> watch;
  std::function<void(player&, const step_failed&)> failed;
  std::function<void(const std::string& name, player&, call_view&)> join_bridge;
  /// The bytes of a file that stands in the scenario; nothing: `error` says why.
  std::function<std::optional<std::string>(const std::string& path, std::string& error)> read_file;

  [[nodiscard]] double ms(time_point t) const {
    return std::chrono::duration<double, std::milli>(t - began).count();
  }
  [[nodiscard]] const player* find(const std::string& party) const;
};

/// What an expectation has to say when it is asked.
enum class look : std::uint8_t { wait, met, failed };

/// One expectation under way. Asked whenever something has happened; meets at most once.
class expectation {
 public:
  virtual ~expectation() = default;
  [[nodiscard]] virtual look poll(time_point now) = 0;
  /// Puts what was captured meanwhile where the step has ${name}. Asked before poll().
  virtual void fill() {}
  /// What was looked for, in words.
  [[nodiscard]] virtual std::string expected() const = 0;
  /// What is there instead.
  [[nodiscard]] virtual std::string seen() const = 0;
  /// Of a look that failed; what does not come at all is of kind time, or what this says.
  [[nodiscard]] virtual failure_kind kind() const { return failure_kind::signalling; }
  [[nodiscard]] virtual failure_kind kind_of_nothing() const { return failure_kind::time; }
  [[nodiscard]] virtual std::vector<measured_value> measured() const { return {}; }
  /// From now on it must not come true until then: it only looks, and uses nothing up.
  void forbid(time_point end) { forbidden_until_ = end; }
  /// Of what must not come true: it could have been seen.
  [[nodiscard]] virtual bool had_chance() const { return true; }
  /// Time that it needs beyond `within`, and when it wants to be asked again.
  [[nodiscard]] virtual duration beyond() const { return {}; }
  [[nodiscard]] virtual time_point ask_again(time_point) const { return never; }

 protected:
  [[nodiscard]] bool is_forbidden() const { return forbidden_until_ != never; }
  time_point forbidden_until_ = never;
};

/// Steps that a report names one by one; a longer run shows its last ones.
inline constexpr std::size_t max_reported_steps = 5000;

/// Files: player.cpp (its life, its calls), player_inbox.cpp (what reaches it), player_steps.cpp
/// (what it does), player_values.cpp (what the values of steps mean).
class player {
 public:
  player(stage& on, const party& p, std::size_t index);
  player(const player&) = delete;
  player& operator=(const player&) = delete;

  // --- the runner
  void attach(station& s) { station_ = &s; }
  void begin();
  /// Goes on when what it waits for is there; false: nothing to do.
  bool go_on();
  [[nodiscard]] time_point deadline() const;
  [[nodiscard]] bool over() const { return over_; }
  void hear(const session::told& told);
  void hear(const session::media_told& told);
  void pass(bool incoming, const message_ptr& m);
  /// Of a request, however it went out.
  void note_branch(std::string_view branch);
  void listen();
  /// Ends every call that is up.
  void end_calls();
  void unregister();
  [[nodiscard]] bool is_quiet() const;
  [[nodiscard]] party_report take_report();
  /// A remote hang-up that nobody asks for.
  [[nodiscard]] std::optional<step_failed> unexpected_end();

  [[nodiscard]] const party& definition() const { return party_; }
  [[nodiscard]] station& at() const { return *station_; }
  [[nodiscard]] stage& where() const { return stage_; }
  /// The URI by which the others call it.
  [[nodiscard]] std::string uri() const;
  [[nodiscard]] const step* current_step() const { return current_; }
  [[nodiscard]] std::size_t index() const { return index_; }

  // --- for its steps (act_*.cpp, expect_*.cpp)
  struct waiting {
    player& who;
    std::function<bool()> ready;
    time_point until;
    [[nodiscard]] bool await_ready();
    void await_suspend(std::coroutine_handle<> h);
    /// False: the time is up. Throws run_stopped.
    [[nodiscard]] bool await_resume();
  };
  [[nodiscard]] waiting until(std::function<bool()> ready, time_point deadline) {
    return {*this, std::move(ready), deadline};
  }
  [[nodiscard]] waiting until(std::function<bool()> ready) {
    return until(std::move(ready), never);
  }
  [[nodiscard]] waiting pause(duration d) {
    return until([] { return false; }, stage_.now + d);
  }

  /// The call that a step is about; throws step_failed where there is none.
  [[nodiscard]] call_view& call_of(const step& s);
  [[nodiscard]] call_view* find_call(const step& s);
  [[nodiscard]] call_view* find(call::call_id id);
  [[nodiscard]] call_view* find(const std::string& name);
  call_view& add(call::call_id id);
  void make_current(call_view& c) { newest_ = &c; }
  [[nodiscard]] message_box& outside() { return outside_; }
  /// Inbound calls that no expect_call has met.
  [[nodiscard]] std::vector<call_view*> unmet_calls();

  /// A text of a step with what was captured.
  [[nodiscard]] std::string text(const std::string& of) const;
  /// A pattern of a step with what was captured; inside a regular expression that is plain text.
  [[nodiscard]] session::pattern pattern(const session::pattern& of) const;
  [[nodiscard]] call::header_list headers(const step& s) const;
  [[nodiscard]] call::header_list own_headers() const;
  /// A party's URI, or the URI itself.
  [[nodiscard]] std::string target(const std::string& to) const;
  [[nodiscard]] std::vector<call::account> accounts() const;
  [[nodiscard]] std::optional<std::string> proxy() const;
  void measure(std::string name, std::variant<bool, std::int64_t, double, std::string> value);
  /// A message that an expectation has met: for `set` and `respond`.
  void meet(message_ptr m) { just_met_ = std::move(m); }
  [[nodiscard]] const message_ptr& just_met() const { return just_met_; }
  std::optional<call::client_event> registration;  ///< how the last REGISTER ended
  call::call_id account{};
  std::deque<call::call_request> held;  ///< requests that wait for `respond`
  /// Whether a step of one of these kinds is still to come.
  [[nodiscard]] bool still_to_come(std::initializer_list<step_kind> kinds) const;

 private:
  friend struct waiting;

  task run();
  task run_steps(const std::vector<step>& steps, int depth, bool again);
  task run_step(const step& s, int depth);
  task act(const step& s, int depth);
  task expect(const step& s);
  task expect_none(const step& s);
  task meet_others(const step& s);
  void set_variable(const step& s);
  void answer_by_default();
  [[nodiscard]] std::string filled(const std::string& of, bool escaped) const;
  void finish(std::size_t report, step_result r);
  [[nodiscard]] step_report* reported(std::size_t n);
  void adopt(call_view& c);
  void hear_digit(call_view& c, const session::dtmf_event& e);
  void open_ear(call_view& c);
  /// Its outlines go into the report, and the sound itself is dropped.
  void draw_sound(call_view& c);
  /// A line of the report.
  void note(const std::string& line);

  stage& stage_;
  const party& party_;
  std::size_t index_;
  station* station_ = nullptr;
  task main_;
  bool over_ = false;
  bool listens_for_tones_ = false;  ///< digits in the sound are expected
  std::function<bool()> ready_;
  time_point until_ = never;
  std::coroutine_handle<> resume_;
  bool timed_out_ = false;

  std::vector<std::unique_ptr<call_view>> calls_;
  call_view* newest_ = nullptr;
  message_box outside_;                             ///< of no call
  std::deque<std::pair<bool, message_ptr>> early_;  ///< of calls that are not known yet
  message_ptr just_met_;
  std::deque<std::string> branches_;  ///< of its requests: what answers none of them is forged
  const step* current_ = nullptr;
  /// Where it is, from the outermost list of steps to the innermost.
  struct place_in {
    const std::vector<step>* steps;
    std::size_t at;
    bool again;  ///< the list is done once more
  };
  std::vector<place_in> path_;
  party_report report_;
  std::size_t forgotten_ = 0;  ///< steps that report_ holds no more
  std::size_t reporting_ = 0;
};

/// Whether the endpoint holds this very message.
[[nodiscard]] bool is_of(const call::call_request& r, const sip::message& m);

// act_signalling.cpp, act_sound.cpp
[[nodiscard]] task act_signalling(player& p, const step& s);
[[nodiscard]] task act_sound(player& p, const step& s);
[[nodiscard]] bool is_sound(step_kind k);
/// Waits until the call has media, however it got them; throws step_failed when it ends before.
[[nodiscard]] task media_ready(player& p, call_view& c);

// expect_signalling.cpp, expect_sound.cpp
[[nodiscard]] std::unique_ptr<expectation> make_expectation(player& p, const step& s);
[[nodiscard]] std::unique_ptr<expectation> expect_sound(player& p, const step& s);

}  // namespace sipvoice::scenario
