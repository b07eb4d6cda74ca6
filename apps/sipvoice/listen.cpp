// `sipvoice listen`: the voice backend. Each call is routed by its headers.
#include <memory>

#include "account_options.hpp"
#include "action_options.hpp"
#include "commands.hpp"
#include "errors.hpp"
#include "log.hpp"
#include "route_source.hpp"
#include "serve.hpp"
#include "values.hpp"

namespace sipvoice::app {
namespace {

constexpr const char* default_listen = "udp:0.0.0.0:5060";

struct listen_options {
  common_options common;
  action_options action;
  caller_options callers;
  std::string routes;
  std::vector<std::string> route;
};

void declare(option_set& set, listen_options& o) {
  set.group("Routes");
  set.list("--route", "ROUTE", o.route,
           "'X-Room-ID=sales -> play:sales.wav'; repeatable, first match wins; tried after those "
           "of --routes");
  set.value("--routes", "FILE", o.routes,
            "routes file (YAML), checked before start, read again on SIGHUP");
  declare_live(set, o.action);
  declare_speech(set, o.action);
  declare_recording(set, o.action, "--record", "none; routes may say otherwise");
  declare_length(set, o.action, "--hangup-after");
  declare_inbound(set, o.action);
  declare_callers(set, o.callers);
  declare_common(set, o.common, default_listen);
}

session::plan_chooser chooser_of(const session::route_table& table) {
  return [table](const call::call_info& info) { return table.choose(info); };
}

/// What the table needs besides its prompts. Empty, or what is wrong.
std::string prepare_rest(io::runtime& runtime, const session::route_table& table) {
  for (const std::string& device : table.live_devices())
    if (auto wrong = runtime.sounds().prepare_live(device); !wrong.empty()) return wrong;
  return prepare_folders(table.record_templates());
}

/// A bad file keeps the routes that hold, and says what is wrong with it. Prompts that are new are
/// read, and spoken, aside: until they are there the routes of before hold, and calls go on.
void reload(io::runtime& runtime, const route_source& source,
            const std::vector<audio::codec_id>& codecs) {
  if (source.file.empty()) return log(log_level::info, "SIGHUP: no --routes FILE to read again");
  std::vector<session::mistake> mistakes;
  const session::route_table table = load_routes(source, mistakes);
  const auto keep_old = [file = source.file](const std::vector<std::string>& wrong) {
    for (const std::string& line : wrong) log(log_level::error, line);
    log(log_level::warning,
        "the routes of before are kept; correct " + file + " and send SIGHUP again");
  };
  std::vector<std::string> wrong_lines;
  for (const session::mistake& m : mistakes) wrong_lines.push_back(m.to_string());
  if (!wrong_lines.empty()) return keep_old(wrong_lines);
  load_prompts_aside(runtime.sounds(), table.prompts(), codecs,
                     [&runtime, table, keep_old, file = source.file](const std::string& wrong) {
                       if (!wrong.empty()) return keep_old({wrong});
                       if (const auto rest = prepare_rest(runtime, table); !rest.empty())
                         return keep_old({rest});
                       runtime.engine().set_chooser(chooser_of(table));
                       log(log_level::info, "routes read again from " + file);
                     });
}

int run(const listen_options& o) {
  backend setup;
  setup.options = o.common;
  setup.config = to_runtime_config(o.common, default_listen);
  add_users(setup.config.endpoint, o.callers);
  setup.registration = to_registration(o.callers);
  route_source source{o.routes, o.route, to_plan(o.action)};
  std::vector<session::mistake> mistakes;
  const session::route_table table = load_routes(source, mistakes);
  if (!mistakes.empty()) throw usage_error(to_lines(mistakes));

  const bool echo_all = o.routes.empty() && o.route.empty();
  if (echo_all) {
    session::call_plan plan = source.defaults;
    plan.echo = !plan.live;
    setup.chooser = [plan](const call::call_info&) { return session::chosen_plan{plan, ""}; };
  } else {
    setup.chooser = chooser_of(table);
  }
  setup.prompts = table.prompts();
  setup.speech = to_speech(o.action);
  setup.live = table.live_devices();
  if (source.defaults.live) setup.live.push_back(*source.defaults.live);
  setup.templates = table.record_templates();
  if (source.defaults.record) setup.templates.push_back(*source.defaults.record);
  if (source.defaults.waveform) setup.templates.push_back(*source.defaults.waveform);
  if (!o.action.calls.empty()) {
    setup.call_limit = to_number("--calls", o.action.calls, 0, 1'000'000'000);
  }
  setup.started = [echo_all = echo_all && !source.defaults.live](io::runtime&) {
    if (echo_all) {
      log(log_level::info,
          "no route was given: every call is answered and echoed (--route, --routes)");
    }
  };
  setup.reload = [source, codecs = setup.config.endpoint.codecs](io::runtime& runtime) {
    reload(runtime, source, codecs);
  };
  return run_backend(std::move(setup));
}

}  // namespace

command listen_command() {
  auto options = std::make_shared<listen_options>();
  return {"listen", "run the voice backend: accept calls and route each by its headers",
          [options](option_set& set) { declare(set, *options); },
          [options] { return run(*options); }};
}

}  // namespace sipvoice::app
