// `sipvoice answer`: one fixed action for every call.
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

struct answer_options {
  common_options common;
  action_options action;
  caller_options callers;
};

void declare(option_set& set, answer_options& o) {
  declare_sound(set, o.action);
  declare_live(set, o.action);
  set.value("--reject", "STATUS", o.action.reject,
            "refuse every call: 486 or '486 Gone fishing' (300 to 699)");
  declare_recording(set, o.action, "--record", "none");
  declare_length(set, o.action, "--hangup-after");
  declare_inbound(set, o.action);
  declare_callers(set, o.callers);
  declare_common(set, o.common, default_listen);
}

int run(const answer_options& o) {
  switch (actions_given(o.action)) {
    case 0:
      throw usage_error(
          "answer needs one action: --play FILE, --say TEXT, --live, --echo, --silence or --reject "
          "STATUS" +
          std::string(o.action.record.empty() ? "" : "; to record alone: sipvoice record -o FILE"));
    case 1:
      break;
    default:
      throw usage_error(
          "answer takes one action of --play/--say, --live, --echo, --silence and --reject; to "
          "echo after "
          "a "
          "prompt: --play FILE --then echo");
  }
  backend setup;
  setup.options = o.common;
  setup.config = to_runtime_config(o.common, default_listen);
  add_users(setup.config.endpoint, o.callers);
  setup.registration = to_registration(o.callers);
  const session::call_plan plan = to_plan(o.action);
  setup.chooser = [plan](const call::call_info&) {
    return session::chosen_plan{plan, plan.reject ? "reject" : ""};
  };
  setup.prompts = plan.play;
  setup.speech = to_speech(o.action);
  if (plan.live) setup.live.push_back(*plan.live);
  if (plan.record) setup.templates.push_back(*plan.record);
  if (plan.waveform) setup.templates.push_back(*plan.waveform);
  if (!o.action.calls.empty()) {
    setup.call_limit = to_number("--calls", o.action.calls, 0, 1'000'000'000);
  }
  return run_backend(std::move(setup));
}

}  // namespace

command answer_command() {
  auto options = std::make_shared<answer_options>();
  return {"answer", "answer every call with one fixed action, or refuse it",
          [options](option_set& set) { declare(set, *options); },
          [options] { return run(*options); }};
}

}  // namespace sipvoice::app
