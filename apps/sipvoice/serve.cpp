#include "serve.hpp"

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "errors.hpp"
#include "event_output.hpp"
#include "log.hpp"
#include "sipvoice/base/text.hpp"
#include "sipvoice/device/sounds.hpp"
#include "sipvoice/io/file_limit.hpp"

namespace sipvoice::app {
namespace {

/// What a process should carry when no limit was named.
constexpr std::uint64_t expected_sessions = 1000;

/// The folder in which every file of a template lies: its part before the first value.
std::string fixed_folder(const std::string& text) {
  const std::string fixed = text.substr(0, text.find('{'));
  const std::string folder = std::filesystem::path(fixed).parent_path().string();
  return folder.empty() ? "." : folder;
}

/// Lines that the log would drop are not made.
session::event_texts texts_of_log() {
  if (is_logged(log_level::info)) return session::event_texts::all;
  return is_logged(log_level::warning) ? session::event_texts::warnings
                                       : session::event_texts::none;
}

void check_file_limit(const backend& setup) {
  const std::uint64_t limit = io::raise_file_limit();
  const std::uint64_t sessions = setup.config.endpoint.max_sessions;
  const std::uint64_t needed = io::files_needed(sessions > 0 ? sessions : expected_sessions);
  if (limit >= needed || setup.call_limit > 0) return;
  log(log_level::warning, "the limit on open files is " + std::to_string(limit) + ", too low for " +
                              (sessions > 0 ? "--max-sessions " + std::to_string(sessions)
                                            : std::to_string(expected_sessions) + " calls") +
                              ", which need " + std::to_string(needed) +
                              "; raise it with ulimit -n");
}

io::runtime_observer observe(backend& setup, event_output& events, bool& recording_failed,
                             std::unique_ptr<io::runtime>& runtime) {
  io::runtime_observer observer;
  observer.event = [&events](const session::event_line& line) {
    if (events.enabled()) events.write(line.json);
    if (!line.text.empty()) log(line.warning ? log_level::warning : log_level::info, line.text);
  };
  observer.finished = [&](const session::call_record& record) {
    if (setup.finished) setup.finished(*runtime, record);
    if (runtime->engine().done()) runtime->stop();
  };
  observer.recording_failed = [&recording_failed](const std::string& message) {
    recording_failed = true;
    log(log_level::error, message);
  };
  observer.log = [](int level, const std::string& text) {
    log(static_cast<log_level>(level), text);
  };
  observer.client = [&](const call::client_event& event) {
    if (setup.client) setup.client(*runtime, event);
  };
  observer.reload = [&] {
    if (setup.reload) setup.reload(*runtime);
  };
  return observer;
}

/// Every text is spoken and kept, before anything else is started.
void speak_all(const backend& setup) {
  const device::speech speech(setup.speech);
  for (const session::prompt_source& source : setup.prompts) {
    if (!source.is_spoken()) continue;
    const device::spoken spoken = speech.make(source.text, source.voice);
    if (spoken.how == device::spoken::outcome::made) continue;
    const std::string line = "cannot say '" + printable(source.text, 40) + "': " + spoken.error;
    if (spoken.how == device::spoken::outcome::bad_usage) throw usage_error(line);
    throw system_failure(line);
  }
}

std::vector<session::prompt_wish> wishes_of(const std::vector<session::prompt_source>& sources,
                                            const std::vector<audio::codec_id>& codecs) {
  std::vector<session::prompt_wish> wishes;
  for (const session::prompt_source& source : sources)
    for (const audio::codec_id codec : codecs)
      for (const audio::codec_info& variant : audio::variants(codec))
        wishes.push_back({source, variant.sample_rate});
  return wishes;
}

std::string cannot_play(const session::prompt_source& source, const std::string& error) {
  return source.is_spoken() ? "cannot say '" + printable(source.text, 40) + "': " + error
                            : "cannot play '" + source.file + "': " + error;
}

}  // namespace

std::string load_prompts(session::sound_store& sounds,
                         const std::vector<session::prompt_source>& sources,
                         const std::vector<audio::codec_id>& codecs) {
  for (const session::prompt_wish& wish : wishes_of(sources, codecs)) {
    std::string error;
    if (!sounds.load_source(wish.source, wish.sample_rate, error))
      return cannot_play(wish.source, error);
  }
  return {};
}

void load_prompts_aside(session::sound_store& sounds,
                        const std::vector<session::prompt_source>& sources,
                        const std::vector<audio::codec_id>& codecs,
                        std::function<void(const std::string& wrong)> done) {
  sounds.prepare(wishes_of(sources, codecs),
                 [done = std::move(done)](const std::optional<session::prompt_wish>& failed,
                                          const std::string& error) {
                   done(failed ? cannot_play(failed->source, error) : std::string{});
                 });
}

std::string prepare_folders(const std::vector<std::string>& templates) {
  for (const std::string& text : templates) {
    const std::string folder = fixed_folder(text);
    if (const std::string error = device::prepare_folder(folder); !error.empty()) {
      return "cannot record to '" + folder + "': " + error +
             "; name a folder that can be made and written";
    }
  }
  return {};
}

int run_backend(backend setup) {
  std::signal(SIGPIPE, SIG_IGN);  // a reader of --events that leaves must not end the calls
  start_log(setup.options.log_level, setup.options.log_format);
  check_file_limit(setup);
  speak_all(setup);
  event_output events(setup.options.events);
  bool recording_failed = false;
  std::unique_ptr<io::runtime> runtime;
  runtime = std::make_unique<io::runtime>(
      setup.config, observe(setup, events, recording_failed, runtime),
      [&speech = setup.speech](const io::runtime::post_function& post) {
        return device::make_sound_store(post, speech);
      });

  const auto& codecs = setup.config.endpoint.codecs;
  if (const auto error = load_prompts(runtime->sounds(), setup.prompts, codecs); !error.empty()) {
    throw usage_error(error);
  }
  for (const std::string& device : setup.live) {
    if (const auto error = runtime->sounds().prepare_live(device); !error.empty()) {
      throw system_failure("--live: " + error);
    }
  }
  if (const auto error = prepare_folders(setup.templates); !error.empty()) {
    throw system_failure(error);
  }
  runtime->engine().enable_events(events.enabled());
  runtime->engine().set_texts(texts_of_log());
  runtime->engine().watch_speech(setup.options.vad, setup.options.barge_in);
  runtime->engine().set_call_limit(setup.call_limit);
  if (setup.chooser) runtime->engine().set_chooser(setup.chooser);
  try {
    runtime->start();
  } catch (const io::bad_setting& e) {
    throw usage_error(e.what());
  }
  runtime->engine().keep_registrations(setup.keep_registration);
  if (setup.registration) {
    runtime->after(duration::zero(), [&] {
      static_cast<void>(runtime->engine().register_account(*setup.registration, runtime->now()));
    });
  }
  if (setup.started) setup.started(*runtime);
  const int code = runtime->run();
  events.finish(code == 0 ? event_output::patience : event_output::last_patience);
  if (code != 0) {  // the second interrupt: at once, whatever is still open
    std::fflush(nullptr);
    std::_Exit(code);
  }
  return recording_failed || events.failed() ? exit_code::system : exit_code::ok;
}

}  // namespace sipvoice::app
