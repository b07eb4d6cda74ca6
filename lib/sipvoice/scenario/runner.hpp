// A scenario at work: every party a coroutine, what has happened remembered, deadlines by absolute
// time. A plain object: the harness puts in what stations tell and the time, and drives stations as
// their endpoints ask; no socket, clock or thread in here.
//
//   station.engine -> told, media_told -> runner.hear() -> runner.advance(now) -> parties go on,
//   command their engines -> station.settle()
//
// The life of a run: begin() - parties registered, then their steps - the first failure, the
// timeout, interrupt() or the last step ends it - calls are hung up, registrations taken back
// (ending, bounded by max_ending) - done().
//
// Files: runner.cpp (the whole), player*.cpp (a party), call_view.hpp (what it knows of a call),
// act_*.cpp and expect_*.cpp (the steps).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sipvoice/scenario/document.hpp"
#include "sipvoice/scenario/report.hpp"
#include "sipvoice/scenario/station.hpp"
#include "sipvoice/session/sound_store.hpp"

namespace sipvoice::scenario {

/// What ends after the last step, or the first failure, has so long.
inline constexpr duration max_ending = std::chrono::seconds(5);

struct runner_options {
  std::uint64_t seed = 0;
  std::string row;            ///< of --vars-csv
  bool with_sounds = false;   ///< outlines of all sound, for a page; else only where a step listens
  std::string keep_sound_in;  ///< a folder for WAVs of every call; empty: none are kept
  std::function<time_point()> clock = {};  ///< dates messages, which endpoints tell without a time
  /// Told when a message has passed, within the endpoint: advance() is wanted soon.
  std::function<void()> wake = {};
  /// The bytes of a file that a step names; nothing: `error` says why.
  std::function<std::optional<std::string>(const std::string& path, std::string& error)> read_file =
      {};
  /// Told of each step that begins and ends, for whoever watches.
  std::function<void(const std::string& party, const step_report&)> watch = {};
};

class runner {
 public:
  /// `d` and `sounds` (for references; at any rate) outlive it.
  runner(const document& d, session::sound_store& sounds, runner_options options);
  ~runner();
  runner(const runner&) = delete;
  runner& operator=(const runner&) = delete;

  /// For the endpoint of that party's station, before it is made.
  [[nodiscard]] station_plan plan(std::size_t party);
  /// It outlives the runner's work. Sets what the engine must know.
  void attach(std::size_t party, station& s);
  void begin(time_point now);

  // --- what stations tell; parties go on with the next advance()
  void hear(std::size_t party, const session::told& told, time_point now);
  void hear(std::size_t party, const session::media_told& told, time_point now);
  /// Something that ended the run from outside: a station that could not start, a lost disk.
  void fail(std::size_t party, failure_kind kind, const std::string& seen, time_point now);
  /// Calls are ended in order; what was not run counts as failed.
  void interrupt(time_point now);

  void advance(time_point now);
  [[nodiscard]] time_point next_deadline() const;
  /// Nothing more will happen, or max_ending is over.
  [[nodiscard]] bool done() const;
  /// Once it is done.
  [[nodiscard]] scenario_report take_report(time_point now);

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace sipvoice::scenario
