// What a run of scenarios has shown: values only. The runner fills one scenario_report a scenario;
// the terminal, JUnit, JSON and the HTML page are made from run_report alone.
//
// Times are milliseconds since the scenario began, with a fraction; nothing that was not measured
// has a number.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sipvoice/base/time.hpp"
#include "sipvoice/media/values.hpp"

namespace sipvoice::scenario {

enum class verdict : std::uint8_t { passed, failed, flaky, skipped };
[[nodiscard]] const char* name_of(verdict v);
/// What was wrong: what SIP said, what was heard, or that nothing came in time.
enum class failure_kind : std::uint8_t { signalling, media, time };
[[nodiscard]] const char* name_of(failure_kind k);

/// What a step measured or met: {"similarity", 0.97}, {"status", 200}.
struct measured_value {
  std::string name;
  std::variant<bool, std::int64_t, double, std::string> is;
};

enum class step_result : std::uint8_t { passed, failed, stopped, not_run };
[[nodiscard]] const char* name_of(step_result r);

struct step_report {
  std::string step;    ///< as in the file: "expect_answer"
  std::string detail;  ///< what stands in it, short, one line: "within 2s, codec pcmu"
  int line = 0;
  int depth = 0;  ///< inside so many `repeat`s
  double start_ms = 0, end_ms = 0;
  /// Stopped: the scenario ended while it was under way.
  step_result result = step_result::not_run;
  std::vector<measured_value> measured = {};
};

/// A sound as a person sees it: the lowest and highest sample of each piece of time, -1 to 1.
struct sound_outline {
  double start_ms = 0;   ///< when its first sample was heard or sent
  double piece_ms = 20;  ///< grows where a call is long: at most max_pieces
  std::vector<std::pair<float, float>> peaks = {};
  static constexpr std::size_t max_pieces = 6000;
};

/// Every second of a call's media, where it was measured.
struct quality_point {
  double at_ms = 0;
  double jitter_ms = 0;
  std::uint64_t received = 0, lost = 0;  ///< so far
};
struct digit_point {
  double at_ms = 0;
  bool sent = false;
  char digit = '0';
  std::uint32_t duration_ms = 0;
  std::string method;  ///< "rfc4733", "info", "inband"
};
/// A reference that `like` looked for in what was heard, found or not.
struct reference_point {
  std::string file;
  double start_ms = 0;  ///< where it begins, or would have had to
  bool found = false;
  double similarity = 0, gain = 0, share = 0;
  sound_outline outline = {};           ///< of the reference, with its start where it was found
  std::optional<double> delay_ms = {};  ///< from the beginning of what was heard to it
};

struct call_report {
  std::string name;     ///< `as`; empty: none
  std::string call_id;  ///< Call-ID
  bool inbound = true;
  std::string from, to;
  double opened_ms = 0;
  std::optional<double> answered_ms, ended_ms;
  int status = 0;          ///< of the answer or the refusal; 0: none came
  std::string by, reason;  ///< as in call_ended and call_rejected
  std::int64_t duration_ms = 0;
  std::string codec;  ///< empty: no media
  std::optional<media::media_statistics> media = {};
  sound_outline heard = {}, sent = {};
  std::vector<quality_point> quality = {};
  std::vector<digit_point> digits = {};
  std::vector<reference_point> references = {};
};

struct party_report {
  std::string name;
  std::string address;  ///< "127.0.0.1:40123"
  std::vector<step_report> steps = {};
  std::vector<call_report> calls = {};
};

/// A SIP message between two parties, or a party and somewhere outside. Told once: where both ends
/// are parties it is the sender's.
struct message_report {
  double time_ms = 0;
  std::string from, to;   ///< party names; else "HOST:PORT"
  std::string text;       ///< as on the wire, credentials masked
  bool repeated = false;  ///< a retransmission
};

struct log_report {
  double time_ms = 0;
  std::string party;
  std::string text;
};

struct failure_report {
  std::string party, step, file;
  int line = 0;
  failure_kind kind = failure_kind::signalling;
  std::string expected, seen;
};

struct scenario_report {
  std::string name, file;
  std::string row;  ///< of --vars-csv: "row 3"; empty: none
  verdict result = verdict::passed;
  std::string skipped_because = {};
  int tries = 1;  ///< with --retry
  std::uint64_t seed = 0;
  double duration_ms = 0;
  std::optional<failure_report> failure = {};
  std::vector<party_report> parties = {};
  std::vector<message_report> messages = {};
  std::uint64_t messages_left_out = 0;  ///< past max_messages
  std::vector<log_report> log = {};
  std::vector<std::string> artifacts = {};  ///< files that were written, relative to the folder
  static constexpr std::size_t max_messages = 2000;
};

struct run_report {
  std::string version;
  std::uint64_t seed = 0;
  bool simulated = false;
  wall_time started{};
  double duration_ms = 0;
  std::vector<scenario_report> scenarios = {};
  [[nodiscard]] std::size_t count(verdict v) const;
};

}  // namespace sipvoice::scenario
