// `sipvoice register URI` and `sipvoice options URI`: requests outside calls.
#include <cstdio>
#include <memory>

#include "account_options.hpp"
#include "commands.hpp"
#include "errors.hpp"
#include "serve.hpp"
#include "sipvoice/base/text.hpp"
#include "values.hpp"

namespace sipvoice::app {
namespace {

struct request_options {
  common_options common;
  account_options account;
  std::string uri, from, transport, timeout, expires;
  std::vector<std::string> header;
  bool once = false;
};

void declare_request(option_set& set, request_options& o) {
  set.list("--header", "'Name: value'", o.header, "header of the request; repeatable");
  set.value("--transport", "udp|tcp|tls", o.transport,
            "how it is sent: to the proxy where there is one (default: as the URI says)");
  declare_account(set, o.account);
  declare_common(set, o.common, "an ephemeral port");
}

duration to_timeout(const request_options& o) {
  return o.timeout.empty() ? std::chrono::seconds(30) : to_patience("--timeout", o.timeout);
}

io::runtime_config to_config(const request_options& o) {
  return to_calling_config(o.common, o.account.proxy.empty() ? o.uri : o.account.proxy);
}

constexpr std::size_t longest_reason = 1000;  ///< in the last line

/// The last line, where it does not disturb the event stream.
void say(const request_options& o, const std::string& line) {
  std::FILE* const out = o.common.events == "-" ? stderr : stdout;
  std::fprintf(out, "%s\n", line.c_str());
  std::fflush(out);
}

std::string status_text(int status, const std::string& reason) {
  return std::to_string(status) + " " + printable(reason, longest_reason);
}

/// What `register` has seen.
struct progress {
  bool registered = false, failed = false;
};

void follow(io::runtime& runtime, const request_options& o, progress& seen,
            const call::client_event& event) {
  if (const auto* ok = std::get_if<call::registered>(&event)) {
    if (!seen.registered)
      say(o, "registered " + printable(ok->aor) + " as " + printable(ok->contact) + " for " +
                 std::to_string(ok->expires_s) + " s");
    seen.registered = true;
    if (o.once) runtime.stop();
  } else if (const auto* bad = std::get_if<call::registration_failed>(&event)) {
    say(o, "registration failed: " + status_text(bad->status, bad->reason));
    if (bad->retry_in > duration::zero()) return;
    seen.failed = true;
    runtime.stop();
  } else if (const auto* end = std::get_if<call::unregistered>(&event)) {
    say(o, "unregistered " + printable(end->aor) + " (" + std::to_string(end->status) + ")");
  }
}

int run_register(const request_options& o) {
  if (o.uri.empty()) throw usage_error("register needs a URI: sipvoice register sip:user@domain");
  backend setup;
  setup.options = o.common;
  setup.config = to_config(o);
  call::registration_request what;
  way first = to_way(o.uri, o.account, o.transport);
  what.aor = std::move(first.target);
  what.proxy = std::move(first.proxy);
  if (!o.from.empty()) what.from = to_sip_uri("--from", o.from);
  what.timeout = to_timeout(o);
  what.accounts = to_accounts(o.account);
  if (!first.headers.empty())
    throw usage_error("URI: '" + printable(o.uri) +
                      "' has headers (behind its '?'), which no address to register has");
  what.headers = to_headers(o.header);
  if (!o.expires.empty()) what.expires = to_expires(o.expires);
  what.insist = false;  // who types it sees what is wrong, and types it again
  setup.registration = what;
  setup.keep_registration = o.once;
  progress seen;
  setup.client = [&](io::runtime& runtime, const call::client_event& event) {
    follow(runtime, o, seen, event);
  };
  const int process = run_backend(std::move(setup));
  if (process != exit_code::ok) return process;
  if (!seen.registered && !seen.failed) say(o, "not registered: no answer before the end");
  return seen.registered && !seen.failed ? exit_code::ok : exit_code::failed;
}

int run_options(const request_options& o) {
  if (o.uri.empty()) throw usage_error("options needs a URI: sipvoice options sip:user@host");
  backend setup;
  setup.options = o.common;
  setup.config = to_config(o);
  call::outgoing_request what;
  way first = to_way(o.uri, o.account, o.transport);
  what.target = std::move(first.target);
  what.proxy = std::move(first.proxy);
  if (!o.from.empty()) what.from = to_sip_uri("--from", o.from);
  what.accounts = to_accounts(o.account);
  what.headers = std::move(first.headers);
  for (auto& header : to_headers(o.header)) what.headers.push_back(std::move(header));
  const duration timeout = to_timeout(o);
  std::optional<call::request_finished> end;
  setup.started = [&](io::runtime& runtime) {
    runtime.after(duration::zero(), [&runtime, what, timeout] {
      static_cast<void>(runtime.engine().send_request(what, timeout, runtime.now()));
    });
  };
  setup.client = [&](io::runtime& runtime, const call::client_event& event) {
    if (const auto* done = std::get_if<call::request_finished>(&event)) end = *done;
    if (end) runtime.stop();
  };
  const int process = run_backend(std::move(setup));
  if (process != exit_code::ok) return process;
  if (!end) {
    say(o, "options: interrupted before an answer");
    return exit_code::failed;
  }
  const double took = std::chrono::duration<double, std::milli>(end->took).count();
  char time[32];
  std::snprintf(time, sizeof time, "%.1f ms", took);
  say(o, (end->answered ? status_text(end->status, end->reason)
                        : "no answer: " + printable(end->reason, longest_reason)) +
             ", " + time);
  return end->answered && end->status >= 200 && end->status < 300 ? exit_code::ok
                                                                  : exit_code::failed;
}

}  // namespace

command register_command() {
  auto options = std::make_shared<request_options>();
  return {"register", "register an address and stay registered until interrupted",
          [options](option_set& set) {
            set.positional("URI", options->uri, "address to register: sip:user@domain");
            set.group("Registration");
            set.value("--from", "URI", options->from,
                      "who registers, where that is another (default: the address itself)");
            set.value("--timeout", "DURATION", options->timeout,
                      "wait so long for each answer (default: 30s)");
            set.value("--expires", "DURATION", options->expires, "asked for (default: 1h)");
            set.flag("--once", options->once,
                     "leave after the first answer; the registration stays (default: off)");
            declare_request(set, *options);
          },
          [options] { return run_register(*options); }};
}

command options_command() {
  auto options = std::make_shared<request_options>();
  return {"options", "ask a peer whether it is there (OPTIONS); exit 0 for a 2xx",
          [options](option_set& set) {
            set.positional("URI", options->uri, "whom to ask: sip:user@host[:port]");
            set.group("Request");
            set.value("--from", "URI", options->from,
                      "who asks (default: sip:sipvoice@ the local address)");
            set.value("--timeout", "DURATION", options->timeout,
                      "wait so long for an answer (default: 30s)");
            declare_request(set, *options);
          },
          [options] { return run_options(*options); }};
}

}  // namespace sipvoice::app
