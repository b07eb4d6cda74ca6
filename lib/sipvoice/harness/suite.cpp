#include "sipvoice/harness/suite.hpp"

#include <algorithm>
#include <exception>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>
#include <thread>

#include "sipvoice/base/text.hpp"
#include "sipvoice/session/file_template.hpp"

namespace sipvoice::harness {
namespace {

namespace fs = std::filesystem;

/// A new folder for a job: the file's name, its row, and a number where that is taken. What was
/// there before is not ours: nothing of it is written to or removed.
std::string new_folder(const job& j, const std::string& in) {
  std::string name = fs::path(j.document.file).stem().string();
  if (!j.row.empty()) name += "-" + j.row;
  name = session::safe_name(name);
  fs::create_directories(in);
  fs::path folder = fs::path(in) / name;
  for (int n = 2; !fs::create_directory(folder); ++n)
    folder = fs::path(in) / (name + "-" + std::to_string(n));
  return folder.string();
}

/// A port of its own choice: another run of it at the same time would want the same one.
bool has_fixed_port(const scenario::document& d) {
  return std::any_of(d.parties.begin(), d.parties.end(), [](const scenario::party& p) {
    const auto* listen = p.settings.get<std::string>("listen");
    return listen != nullptr && !listen->ends_with(":0");
  });
}

scenario::scenario_report not_run(const job& j, const std::string& why) {
  scenario::scenario_report r;
  r.name = j.document.title;
  r.file = j.document.file;
  r.row = j.row;
  r.result = scenario::verdict::failed;
  scenario::failure_report f;
  f.file = j.document.file;
  f.kind = scenario::failure_kind::time;
  f.expected = "a run";
  f.seen = why;
  if (!j.document.parties.empty()) {
    f.party = j.document.parties.front().name;
    f.line = j.document.parties.front().at.line;
  }
  r.failure = std::move(f);
  return r;
}

/// What a person reads first of a failed run, beside its capture and sounds.
/// Nothing that a peer has sent acts on the terminal that shows it.
void write_log(const std::string& folder, const scenario::scenario_report& r) {
  constexpr std::size_t longest_line = 4000;
  const auto safe = [](std::string_view text) { return printable(text, longest_line); };
  std::ofstream out(folder + "/log.txt");
  if (r.failure)
    out << r.failure->file << ":" << r.failure->line << ": " << r.failure->party << ": "
        << r.failure->step << ": " << name_of(r.failure->kind) << ": expected "
        << safe(r.failure->expected) << ", seen " << safe(r.failure->seen) << "\n";
  for (const scenario::log_report& l : r.log)
    out << l.time_ms << " ms " << l.party << ": " << safe(l.text) << "\n";
  for (const scenario::message_report& m : r.messages) {
    out << "\n"
        << m.time_ms << " ms " << m.from << " -> " << m.to << (m.repeated ? " (repeated)" : "")
        << "\n";
    for (std::string_view rest = m.text; !rest.empty();) {
      std::string_view line = take_until(rest, '\n');
      if (line.ends_with('\r')) line.remove_suffix(1);
      out << safe(line) << "\n";
    }
  }
}

class suite {
 public:
  suite(const std::vector<job>& jobs, const suite_settings& s)
      : jobs_(jobs), settings_(s), reports_(jobs.size()) {}

  std::vector<scenario::scenario_report> run() {
    const std::size_t count =
        std::min<std::size_t>(std::max(settings_.jobs, 1U), std::max<std::size_t>(jobs_.size(), 1));
    std::vector<std::thread> others;
    for (std::size_t i = 1; i < count; ++i) others.emplace_back([this] { work(); });
    work();
    for (std::thread& t : others) t.join();
    return std::move(reports_);
  }

 private:
  [[nodiscard]] bool interrupted() const {
    return settings_.interrupted != nullptr && settings_.interrupted->load();
  }

  void work() {
    for (std::size_t i = next_++; i < jobs_.size(); i = next_++) {
      const job& j = jobs_[i];
      if (interrupted()) {
        reports_[i] = not_run(j, "interrupted before it began");
      } else {
        {
          const std::lock_guard lock(telling_);
          if (settings_.started) settings_.started(j);
        }
        std::unique_lock<std::mutex> alone(fixed_ports_, std::defer_lock);
        if (!settings_.simulate && has_fixed_port(j.document)) alone.lock();
        reports_[i] = with_retries(j);
      }
      const std::lock_guard lock(telling_);
      if (settings_.finished) settings_.finished(reports_[i]);
    }
  }

  scenario::scenario_report with_retries(const job& j) {
    scenario::scenario_report report;
    std::optional<scenario::failure_report> first;
    for (unsigned n = 0;; ++n) {
      report = once(j, n);
      report.tries = static_cast<int>(n + 1);
      if (!first) first = report.failure;
      if (report.result != scenario::verdict::failed || n >= settings_.retries || interrupted())
        break;
    }
    if (report.result == scenario::verdict::passed && report.tries > 1) {
      report.result = scenario::verdict::flaky;
      report.failure = first;
    }
    return report;
  }

  /// An error of the machine is the scenario's failure, and no other's.
  scenario::scenario_report once(const job& j, unsigned attempt) {
    run_settings s;
    s.seed = settings_.seed + attempt;
    s.row = j.row;
    s.with_sounds = settings_.with_sounds;
    s.speech = settings_.speech;
    s.interrupted = settings_.interrupted;
    if (settings_.step)
      s.watch = [this, &j](const std::string& party, const scenario::step_report& r) {
        const std::lock_guard lock(telling_);
        settings_.step(j, r, party);
      };
    try {
      if (!settings_.artifacts.empty()) s.artifacts = new_folder(j, settings_.artifacts);
      scenario::scenario_report report =
          settings_.simulate ? run_simulated(j.document, s) : run_over_sockets(j.document, s);
      const bool last = attempt >= settings_.retries || interrupted();
      keep_artifacts(s.artifacts, report, last);
      return report;
    } catch (const std::exception& e) {
      return not_run(j, e.what());
    }
  }

  /// Of the last try alone, and only where it has failed.
  void keep_artifacts(const std::string& folder, scenario::scenario_report& report,
                      bool last) const {
    if (folder.empty()) return;
    if (report.result != scenario::verdict::failed || !last) {
      fs::remove_all(folder);
      return;
    }
    write_log(folder, report);
    for (const auto& entry : fs::directory_iterator(folder))
      report.artifacts.push_back(fs::path(entry.path()).lexically_relative(settings_.artifacts));
    std::sort(report.artifacts.begin(), report.artifacts.end());
  }

  const std::vector<job>& jobs_;
  const suite_settings& settings_;
  std::vector<scenario::scenario_report> reports_;
  std::atomic<std::size_t> next_{0};
  std::mutex telling_, fixed_ports_;
};

}  // namespace

std::vector<scenario::scenario_report> run_suite(const std::vector<job>& jobs,
                                                 const suite_settings& settings) {
  return suite(jobs, settings).run();
}

}  // namespace sipvoice::harness
