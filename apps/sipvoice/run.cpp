// `sipvoice run`: scenario files, played and reported; the exit code is the verdict.
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>

#include "action_options.hpp"
#include "commands.hpp"
#include "errors.hpp"
#include "route_source.hpp"
#include "scenario_source.hpp"
#include "sipvoice/base/text.hpp"
#include "sipvoice/harness/suite.hpp"
#include "sipvoice/io/clock.hpp"
#include "sipvoice/io/file_limit.hpp"
#include "sipvoice/report/html.hpp"
#include "sipvoice/report/json.hpp"
#include "sipvoice/report/junit.hpp"
#include "sipvoice/report/terminal.hpp"
#include "text_file.hpp"
#include "values.hpp"
#include "variable_rows.hpp"

namespace sipvoice::app {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t max_jobs = 64, max_retries = 100;
constexpr std::size_t max_csv_bytes = std::size_t{8} << 20;

struct run_options {
  std::vector<std::string> paths, variables, only;
  std::string vars_csv, jobs, retry, junit, json, html, artifacts, seed;
  std::string voice, tts_command;
  bool simulate = false;
};

std::atomic<bool> interrupted{false};

extern "C" void on_interrupt(int number) {
  if (interrupted.exchange(true)) _exit(128 + number);  // the second one
}

/// Where the reports go is looked at before anything runs.
void check_writable(const char* option, const std::string& file) {
  if (file.empty()) return;
  std::error_code error;
  const fs::path folder = fs::path(file).parent_path();
  if (!folder.empty()) fs::create_directories(folder, error);
  if (error || !std::ofstream(file, std::ios::app))
    throw system_failure(std::string("cannot write ") + option + " " + file +
                         "; name a file in a folder that can be written");
}
/// By a file in it: that a folder is there does not say that it can be written.
void check_folder(const char* option, const std::string& folder) {
  if (folder.empty()) return;
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    throw system_failure(std::string("cannot make ") + option + " " + folder + ": " +
                         error.message());
  const fs::path tried = fs::path(folder) / (".sipvoice-" + std::to_string(getpid()));
  const bool writable = std::ofstream(tried, std::ios::app).is_open();
  fs::remove(tried, error);
  if (!writable)
    throw system_failure(std::string("cannot write to ") + option + " " + folder +
                         "; name a folder that can be written");
}

void write_file(const std::string& file, const std::string& text) {
  if (file.empty()) return;
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << text;
  out.flush();
  if (!out) throw system_failure("cannot write " + file + ": the disk may be full");
}

/// A scenario may be named by its title, its file or the name of it.
bool is_wanted(const scenario::document& d, const std::vector<std::string>& only) {
  if (only.empty()) return true;
  for (const std::string& name : only)
    if (d.title == name || d.file == name || fs::path(d.file).filename() == name ||
        fs::path(d.file).stem() == name)
      return true;
  return false;
}

std::vector<harness::job> read_jobs(const run_options& o) {
  if (o.paths.empty()) throw usage_error("run needs a file or a folder: sipvoice run scenarios/");
  const auto given = to_variables(o.variables);
  std::vector<std::map<std::string, std::string>> rows(1);
  if (!o.vars_csv.empty()) {
    std::string text, error;
    if (!read_text_file(o.vars_csv, max_csv_bytes, text, error))
      throw usage_error("--vars-csv " + o.vars_csv + ": " + error);
    if (text.size() > max_csv_bytes) throw usage_error("--vars-csv " + o.vars_csv + ": too long");
    rows = parse_variable_rows(text, o.vars_csv);
  }
  std::vector<session::mistake> mistakes;
  std::vector<harness::job> jobs;
  for (const std::string& path : o.paths) {
    for (const std::string& file : files_of(path)) {
      if (path != file && !looks_like_scenario(file)) continue;  // routes beside them
      for (std::size_t i = 0; i < rows.size(); ++i) {
        auto variables = rows[i];
        for (const auto& [name, value] : given) variables[name] = value;
        std::vector<scenario::document> documents;
        const std::size_t before = mistakes.size();
        load_scenario(file, variables, documents, mistakes);
        for (auto& d : documents)
          jobs.push_back({std::move(d), o.vars_csv.empty() ? "" : "row " + std::to_string(i + 1)});
        if (mistakes.size() > before) break;  // the next row would say the same
      }
    }
  }
  if (!mistakes.empty()) throw usage_error(to_lines(mistakes));
  for (const std::string& name : o.only) {
    const bool found = std::any_of(jobs.begin(), jobs.end(), [&](const harness::job& j) {
      return is_wanted(j.document, {name});
    });
    if (!found)
      throw usage_error("--only " + printable(name) + ": no scenario has that title or file name");
  }
  std::erase_if(jobs, [&](const harness::job& j) { return !is_wanted(j.document, o.only); });
  if (jobs.empty()) throw usage_error("no scenario among these files");
  return jobs;
}

std::size_t terminal_width() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 100;
}

int run(const run_options& o) {
  std::vector<harness::job> jobs = read_jobs(o);
  harness::suite_settings settings;
  settings.simulate = o.simulate;
  if (!o.seed.empty()) settings.seed = to_number("--seed", o.seed, 0, UINT64_MAX);
  if (!o.jobs.empty())
    settings.jobs = static_cast<unsigned>(to_number("--jobs", o.jobs, 1, max_jobs));
  if (!o.retry.empty())
    settings.retries = static_cast<unsigned>(to_number("--retry", o.retry, 0, max_retries));
  settings.with_sounds = !o.html.empty();
  settings.artifacts = o.artifacts;
  action_options speech;
  speech.voice = o.voice;
  speech.tts_command = o.tts_command;
  settings.speech = to_speech(speech);
  check_writable("--junit", o.junit);
  check_writable("--json", o.json);
  check_folder("--html", o.html);
  check_folder("--artifacts", o.artifacts);

  static_cast<void>(io::raise_file_limit());
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
  settings.interrupted = &interrupted;

  const bool terminal = isatty(STDOUT_FILENO) != 0;
  const char* const no_colour = std::getenv("NO_COLOR");
  report::terminal_style style;
  style.colour = terminal && (no_colour == nullptr || *no_colour == '\0');
  style.width = terminal_width();
  // The line of the one that began last is replaced by whatever comes next.
  const auto show = [terminal](const std::string& text, bool passing) {
    if (!terminal && passing) return;
    std::printf("%s%s", terminal ? "\r\033[K" : "", text.c_str());
    std::fflush(stdout);
  };
  settings.started = [&](const harness::job& j) {
    show(report::running_line(j.document.title, j.row, style), true);
  };
  // And says at which step it is, as often as a person can read it.
  time_point shown_at{};
  if (terminal)
    settings.step = [&](const harness::job& j, const scenario::step_report& r,
                        const std::string& party) {
      constexpr duration readable = std::chrono::milliseconds(100);
      if (r.result != scenario::step_result::not_run || io::monotonic_now() < shown_at + readable)
        return;
      shown_at = io::monotonic_now();
      show(report::running_line(j.document.title + ", " + party + ": " + r.step, j.row, style),
           true);
    };
  settings.finished = [&](const scenario::scenario_report& r) {
    show(report::progress_line(r, style), false);
  };

  scenario::run_report result;
  result.version = SIPVOICE_VERSION;
  result.seed = settings.seed;
  result.simulated = o.simulate;
  const wall_time epoch{std::chrono::seconds(946'684'800)};  // of simulated runs
  result.started = o.simulate ? epoch : io::wall_now();
  const time_point began = io::monotonic_now();
  result.scenarios = harness::run_suite(jobs, settings);
  result.duration_ms =
      std::chrono::duration<double, std::milli>(io::monotonic_now() - began).count();
  if (o.simulate) {
    // Virtual time alone, so that the same seed gives the same bytes.
    result.duration_ms = 0;
    for (const scenario::scenario_report& s : result.scenarios) result.duration_ms += s.duration_ms;
  }

  std::printf("%s", report::report_terminal(result, style).c_str());
  write_file(o.junit, o.junit.empty() ? "" : report::report_junit(result));
  write_file(o.json, o.json.empty() ? "" : report::report_json(result));
  if (!o.html.empty()) {
    const std::string page = (fs::path(o.html) / "index.html").string();
    write_file(page, report::report_html(result));
    std::printf("report: %s\n", page.c_str());
  }
  if (result.count(scenario::verdict::failed) > 0) return exit_code::failed;
  if (result.count(scenario::verdict::skipped) == result.scenarios.size()) {
    std::fprintf(stderr, "%s: skipped: %s\n", result.scenarios.front().file.c_str(),
                 result.scenarios.front().skipped_because.c_str());
    return exit_code::usage;
  }
  return exit_code::ok;
}

}  // namespace

command run_command() {
  auto o = std::make_shared<run_options>();
  return {
      "run", "run scenario files or folders of them, and report",
      [o](option_set& set) {
        set.positionals("PATH", o->paths, "scenario files (YAML), or folders of them");
        set.list("--var", "NAME=VALUE", o->variables,
                 "a variable of scenarios, ${NAME}; repeatable (default: those of the file, "
                 "then the environment)");
        set.value("--vars-csv", "FILE", o->vars_csv,
                  "a run for each row of this table, whose first line names the variables");
        set.list("--only", "NAME", o->only,
                 "only the scenario with this title or file name; repeatable");
        set.value("--jobs", "N", o->jobs, "scenarios at a time, 1 to 64 (default: 1)");
        set.value("--retry", "N", o->retry,
                  "try again what failed, up to N times; what passes then is flaky (default: 0)");
        set.value("--junit", "FILE", o->junit, "write the report as JUnit XML");
        set.value("--json", "FILE", o->json, "write the report as JSON");
        set.value("--html", "DIR", o->html, "write the report as one page, DIR/index.html");
        set.value("--artifacts", "DIR", o->artifacts,
                  "for each failed scenario its captures, sounds and log");
        set.flag("--simulate", o->simulate,
                 "on a virtual clock and network: no wall time, the same for the same --seed");
        set.value("--seed", "N", o->seed,
                  "of everything random in a simulation and in "
                  "impaired networks (default: 1)");
        set.value("--voice", "NAME", o->voice, "voice of what is said (default: en, of espeak-ng)");
        set.value("--tts-command", "COMMAND", o->tts_command,
                  "speak by this program, started without a shell: 'PROGRAM {voice} {text_file} "
                  "{wav_file}'");
      },
      [o] { return run(*o); }};
}

}  // namespace sipvoice::app
