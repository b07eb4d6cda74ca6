// `sipvoice record`: answer and record each call to a file.
#include <memory>

#include "account_options.hpp"
#include "action_options.hpp"
#include "commands.hpp"
#include "errors.hpp"
#include "serve.hpp"
#include "values.hpp"

namespace sipvoice::app {
namespace {

constexpr const char* default_listen = "udp:0.0.0.0:5060";
constexpr const char* default_template = "rec/{start}-{call_id}.wav";

struct record_options {
  common_options common;
  action_options action;
  caller_options callers;
};

void declare(option_set& set, record_options& o) {
  declare_recording(set, o.action, "-o,--output,--record", default_template);
  declare_sound(set, o.action);
  declare_length(set, o.action, "--hangup-after");
  declare_inbound(set, o.action);
  declare_callers(set, o.callers);
  declare_common(set, o.common, default_listen);
}

int run(record_options o) {
  if (actions_given(o.action) > 1) {
    throw usage_error("record takes one action of --play/--say, --echo and --silence beside it");
  }
  if (o.action.record.empty()) o.action.record = default_template;
  backend setup;
  setup.options = o.common;
  setup.config = to_runtime_config(o.common, default_listen);
  add_users(setup.config.endpoint, o.callers);
  setup.registration = to_registration(o.callers);
  const session::call_plan plan = to_plan(o.action);
  setup.chooser = [plan](const call::call_info&) { return session::chosen_plan{plan, ""}; };
  setup.prompts = plan.play;
  setup.speech = to_speech(o.action);
  setup.templates.push_back(*plan.record);
  if (plan.waveform) setup.templates.push_back(*plan.waveform);
  if (!o.action.calls.empty()) {
    setup.call_limit = to_number("--calls", o.action.calls, 0, 1'000'000'000);
  }
  return run_backend(std::move(setup));
}

}  // namespace

command record_command() {
  auto options = std::make_shared<record_options>();
  return {"record", "answer and record each call to a WAV file",
          [options](option_set& set) { declare(set, *options); },
          [options] { return run(*options); }};
}

}  // namespace sipvoice::app
