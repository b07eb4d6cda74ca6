// `sipvoice call URI`: place one call, do something in it, and say how it went.
#include <memory>
#include <optional>

#include "account_options.hpp"
#include "action_options.hpp"
#include "call_verdict.hpp"
#include "commands.hpp"
#include "errors.hpp"
#include "serve.hpp"
#include "values.hpp"

namespace sipvoice::app {
namespace {

struct call_options {
  common_options common;
  action_options action;
  account_options account;
  std::string uri, from, transport, timeout, cancel_after, expect_audio, follow, transfer;
  bool no_offer = false, attended = false;
};

void declare(option_set& set, call_options& o) {
  set.positional("URI", o.uri, "whom to call: sip:user@host[:port]");
  set.group("Call");
  set.value("--from", "URI", o.from, "who calls (default: sip:sipvoice@ the local address)");
  set.value("--transport", "udp|tcp|tls", o.transport,
            "how it is sent: to the proxy where there is one (default: as the URI says)");
  set.value("--follow-redirects", "on|off", o.follow,
            "try the Contacts of 300, 301 and 302 (default: on)");
  set.list("--header", "'Name: value'", o.action.header, "header of the INVITE; repeatable");
  set.flag("--no-offer", o.no_offer,
           "an INVITE without SDP: the other side makes the offer (default: off)");
  set.value("--timeout", "DURATION", o.timeout, "wait so long for an answer (default: 30s)");
  set.value("--cancel-after", "DURATION", o.cancel_after,
            "give up so long after the start when nobody has answered (default: never)");
  set.value("--expect-audio", "FILE", o.expect_audio,
            "exit 1 when what was heard does not contain this sound (default: none)");
  set.value("--transfer", "URI", o.transfer,
            "send the other side there when prompts and digits are out, or once it has answered "
            "(default: none)");
  set.flag("--attended", o.attended,
           "call the URI of --transfer first, and send the other side to take our place there when "
           "it has answered (default: off, a blind transfer)");
  declare_account(set, o.account);
  declare_sound(set, o.action);
  declare_live(set, o.action);
  declare_recording(set, o.action, "--record", "none");
  declare_length(set, o.action, "--duration,--hangup-after");
  declare_common(set, o.common, "an ephemeral port");
}

call::dial_request to_request(const call_options& o, session::call_plan& plan) {
  call::dial_request request;
  way first = to_way(o.uri, o.account, o.transport);
  request.target = std::move(first.target);
  request.proxy = std::move(first.proxy);
  if (!o.from.empty()) request.from = to_sip_uri("--from", o.from);
  request.accounts = to_accounts(o.account);
  if (!o.follow.empty())
    request.follow_redirects = to_choice("--follow-redirects", o.follow, {"on", "off"}) == "on";
  if (!o.timeout.empty()) request.answer_timeout = to_patience("--timeout", o.timeout);
  request.headers = std::move(first.headers);
  request.headers.insert(request.headers.end(), plan.headers.begin(), plan.headers.end());
  plan.headers.clear();
  request.late_offer = o.no_offer;
  return request;
}

void check_usage(const call_options& o) {
  if (o.uri.empty()) throw usage_error("call needs a URI: sipvoice call sip:user@host");
  if (o.attended && o.transfer.empty())
    throw usage_error("--attended says how a transfer goes; say where with --transfer URI");
  if (actions_given(o.action) > 1) {
    throw usage_error(
        "call takes one action of --play/--say, --live, --echo and --silence; to echo after a "
        "prompt: "
        "--play FILE --then echo");
  }
}

int run(const call_options& o) {
  check_usage(o);
  backend setup;
  setup.options = o.common;
  setup.config = to_calling_config(o.common, o.account.proxy.empty() ? o.uri : o.account.proxy);
  session::call_plan plan = to_plan(o.action);
  const call::dial_request request = to_request(o, plan);
  const duration give_up =
      o.cancel_after.empty() ? duration::zero() : to_patience("--cancel-after", o.cancel_after);
  plan.capture_heard = !o.expect_audio.empty();
  if (plan.capture_heard) check_reference(o.expect_audio);
  if (!o.transfer.empty()) plan.transfer = to_sip_uri("--transfer", o.transfer);
  if (o.attended) {
    call::dial_request second = request;
    second.target = to_way(*plan.transfer, o.account, o.transport).target;
    second.headers.clear();  // they are of the first call: its session, its room
    plan.consult = std::make_shared<const call::dial_request>(std::move(second));
  }
  setup.prompts = plan.play;
  setup.speech = to_speech(o.action);
  if (plan.live) setup.live.push_back(*plan.live);
  if (plan.record) setup.templates.push_back(*plan.record);
  if (plan.waveform) setup.templates.push_back(*plan.waveform);

  std::optional<session::call_record> record;
  call_expectation expected;
  expected.length = plan.hangup_after;
  expected.wants_to_hear = plan.record || plan.capture_heard;
  expected.audio_file = o.expect_audio;
  expected.transfer = plan.transfer.value_or("");
  setup.started = [&](io::runtime& runtime) {
    const call::call_id id = runtime.dial(request, plan);
    if (give_up == duration::zero()) return;
    runtime.after(give_up,
                  [&runtime, id] { runtime.engine().cancel(id, "cancel_after", runtime.now()); });
  };
  setup.finished = [&](io::runtime& runtime, const session::call_record& done) {
    if (!done.info.inbound && !done.consulted_for) record = done;
    // Sent elsewhere by the other side, the call goes on in another: that one counts.
    if (record && runtime.engine().sessions() == 0) runtime.stop();
  };
  const int process = run_backend(std::move(setup));
  const int outcome = conclude(record, expected, o.common.events == "-");
  return process != exit_code::ok ? process : outcome;
}

}  // namespace

command call_command() {
  auto options = std::make_shared<call_options>();
  return {"call", "place a call; play, record, send digits; report how it went",
          [options](option_set& set) { declare(set, *options); },
          [options] { return run(*options); }};
}

}  // namespace sipvoice::app
