// The steps that act by SIP.
#include <algorithm>

#include "sipvoice/base/text.hpp"
#include "sipvoice/scenario/player.hpp"
#include "sipvoice/scenario/wording.hpp"
#include "sipvoice/sip/uri.hpp"

namespace sipvoice::scenario {
namespace {

/// What a change inside a call may take, glare and its repetition included; after it the next step
/// begins all the same.
constexpr duration longest_change = std::chrono::seconds(10);
constexpr duration longest_hangup = std::chrono::seconds(5);

[[noreturn]] void refuse(const std::string& expected, const std::string& seen) {
  throw step_failed{failure_kind::signalling, expected, seen};
}

std::string state_of(const call_view& c) {
  if (c.rejected)
    return "the call was refused: " + status_words(c.rejected->status, c.rejected->reason);
  if (c.ended) return "the call is over (" + c.ended->reason + ")";
  return c.answered ? "the call is answered" : "the call is not answered";
}

void must(bool done, const std::string& what, const call_view& c) {
  if (!done) refuse(what, state_of(c));
}

task place_call(player& p, const step& s) {
  call::dial_request r;
  r.target = p.target(s.with.get_or<std::string>("to", {}));
  const std::string from = p.text(s.with.get_or<std::string>("from", {}));
  r.from = from.empty() ? p.uri() : from;
  r.headers = p.own_headers();
  for (auto& h : p.headers(s)) r.headers.push_back(std::move(h));
  r.proxy = p.proxy();
  if (const auto* proxy = s.with.get<std::string>("proxy")) r.proxy = p.text(*proxy);
  r.answer_timeout = s.with.get_or<duration>("timeout", r.answer_timeout);
  r.accounts = p.accounts();
  r.late_offer = s.with.get_or<bool>("late_offer", false);
  if (const auto* codecs = s.with.get<text_list>("codecs")) r.codecs = codecs_of(*codecs);
  if (const auto* timer = s.with.get<duration>("session_expires")) r.session_expires = *timer;
  session::call_plan plan;
  plan.controlled = true;
  const call::call_id id = p.at().engine().dial(r, plan, p.where().now);
  if (id == call::call_id{}) refuse("a call to " + r.target, "it cannot be placed");
  call_view& c = p.add(id);
  c.name = s.with.get_or<std::string>("as", {});
  c.opened_at = p.where().now;
  p.make_current(c);
  p.at().settle();
  co_return;
}

task answer(player& p, const step& s, call_view& c) {
  if (!c.answered) {
    call::answer_options options{p.headers(s)};
    if (const auto* codecs = s.with.get<text_list>("codecs")) options.codecs = codecs_of(*codecs);
    must(p.at().endpoint().answer(c.id, options, p.where().now), "a call that can be answered", c);
    p.at().settle();
  }
  static_cast<void>(co_await p.until([&c] { return c.answered || c.is_over(); }));
  if (!c.answered) refuse("an ACK to our answer", state_of(c));
  p.measure("codec", std::string(audio::info(c.answered->format.send.codec).option_name));
}

/// A re-INVITE or UPDATE was given to the endpoint; waits until it is over, however it ended.
task change_over(player& p, call_view& c, bool begun, std::size_t before) {
  must(begun, "a call that can be changed", c);
  p.at().settle();
  const auto over = [&c, before] {
    return c.is_over() || (c.changes_begun > before && c.changes.empty());
  };
  static_cast<void>(co_await p.until(over, p.where().now + longest_change));
}

task modify(player& p, const step& s, call_view& c) {
  const std::size_t before = c.changes_begun;
  const time_point now = p.where().now;
  bool begun = false;
  if (s.kind == step_kind::hold) {
    begun = p.at().endpoint().hold(c.id, now);
  } else if (s.kind == step_kind::resume) {
    begun = p.at().endpoint().resume(c.id, now);
  } else {
    call::media_modification change;
    if (const auto* codecs = s.with.get<text_list>("codecs")) change.codecs = codecs_of(*codecs);
    if (const auto* ptime = s.with.get<duration>("ptime")) change.ptime = *ptime;
    change.headers = p.headers(s);
    begun = p.at().endpoint().modify(c.id, change, now);
  }
  co_await change_over(p, c, begun, before);
}

void transfer(player& p, const step& s, call_view& c) {
  const std::string to = p.target(s.with.get_or<std::string>("to", {}));
  bool begun = false;
  if (const auto* name = s.with.get<std::string>("replaces")) {
    call_view* const other = p.find(*name);
    if (other == nullptr) refuse("a call that is named " + *name, "there is none");
    begun = p.at().endpoint().transfer_to_call(c.id, other->id, p.where().now);
  } else {
    begun = p.at().endpoint().transfer(c.id, to, p.where().now);
  }
  must(begun, "a call that can be transferred", c);
  p.at().settle();
}

task hang_up(player& p, const step& s, call_view& c) {
  call::end_cause cause;
  cause.raw = p.text(s.with.get_or<std::string>("reason", {}));
  c.end_met = true;
  must(p.at().engine().hang_up(c.id, "hangup", cause, p.where().now), "a call that is up", c);
  p.at().settle();
  // Until the other side knows: whoever asked for no hang-up there has failed by it.
  const call::endpoint& endpoint = p.at().endpoint();
  static_cast<void>(co_await p.until([&] { return c.is_over() && endpoint.unanswered_byes() == 0; },
                                     p.where().now + longest_hangup));
}

/// A request outside any call.
void send_outside(player& p, const step& s, sip::method method) {
  call::outgoing_request r;
  r.method = method;
  r.target = p.target(s.with.get_or<std::string>("to", {}));
  r.from = p.uri();
  r.proxy = p.proxy();
  r.headers = p.own_headers();
  for (auto& h : p.headers(s)) r.headers.push_back(std::move(h));
  r.accounts = p.accounts();
  if (method == sip::method::message) {
    r.body = p.text(s.with.get_or<std::string>("body", {}));
    r.content_type = s.with.get_or<std::string>("content_type", "text/plain");
  }
  if (p.at().engine().send_request(r, {}, p.where().now) == call::call_id{})
    refuse("a request to " + r.target, "it cannot be sent");
  p.at().settle();
}

void send_inside(player& p, const step& s, call_view& c) {
  call::in_dialog_request r;
  r.method = s.kind == step_kind::info      ? "INFO"
             : s.kind == step_kind::message ? "MESSAGE"
             : s.kind == step_kind::update  ? "UPDATE"
                                            : "OPTIONS";
  r.headers = p.headers(s);
  r.body = p.text(s.with.get_or<std::string>("body", {}));
  if (!r.body.empty())
    r.content_type = s.with.get_or<std::string>(
        "content_type", s.kind == step_kind::info ? "application/dtmf-relay" : "text/plain");
  must(p.at().endpoint().send_in_dialog(c.id, r, p.where().now), "a call that is up", c);
  p.at().settle();
}

task register_account(player& p, const step& s) {
  const auto now = [&p] { return p.where().now; };
  p.registration.reset();
  if (s.kind == step_kind::unregister) {
    if (!p.at().endpoint().unregister(p.account, now()))
      refuse("a registration that can be taken back", "there is none");
    p.account = {};
  } else if (p.account == call::call_id{}) {
    call::registration_request r;
    r.aor = p.uri();
    r.proxy = p.proxy();
    r.accounts = p.accounts();
    r.headers = p.own_headers();
    r.insist = false;
    p.account = p.at().engine().register_account(r, now());
    if (p.account == call::call_id{}) refuse("a registration of " + r.aor, "it cannot be sent");
  }
  p.at().settle();
  static_cast<void>(co_await p.until([&p] { return p.registration.has_value(); }));
  const auto* failed = std::get_if<call::registration_failed>(&*p.registration);
  // Whoever looks at the response sees to it himself.
  if (failed == nullptr || p.still_to_come({step_kind::expect_response})) co_return;
  refuse("a registration of " + p.uri(), status_words(failed->status, failed->reason));
}

std::string with_crlf(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) out += '\r';
    out += text[i];
  }
  // YAML drops the empty line that ends the headers.
  if (out.find("\r\n\r\n") == std::string::npos) out += out.ends_with("\r\n") ? "\r\n" : "\r\n\r\n";
  return out;
}

/// An address that needs no resolver.
socket_address literal_address(const std::string& uri) {
  const auto parsed = sip::uri::parse(uri);
  if (parsed) {
    constexpr std::uint16_t sip_port = 5060;
    const auto ip = ip_address::parse(parsed->host);
    if (ip) return {*ip, parsed->port != 0 ? parsed->port : sip_port};
  }
  refuse("an address, as in sip:127.0.0.1:5060", shortened(uri));
}

void send_raw(player& p, const step& s) {
  std::string bytes;
  if (const auto* text = s.with.get<std::string>("text")) {
    bytes = p.text(*text);
    if (s.with.get_or<bool>("crlf", true)) bytes = with_crlf(bytes);
  } else if (const auto* hex = s.with.get<std::string>("hex")) {
    bytes = *hex;
  } else {
    const std::string path =
        path_beside(p.where().file->file, s.with.get_or<std::string>("file", {}));
    std::string error = "no files can be read here";
    const auto read = p.where().read_file ? p.where().read_file(path, error) : std::nullopt;
    if (!read) refuse("the bytes of " + path, error);
    bytes = *read;
  }
  socket_address to;
  if (const auto* name = s.with.get<std::string>("to")) {
    const player* const other = p.where().find(*name);
    to = other != nullptr ? other->at().address() : literal_address(p.text(*name));
  } else {
    const call_view& c = p.call_of(s);
    to = c.opened && c.info.inbound ? c.info.remote_signalling : literal_address(c.info.to_uri);
  }
  // What is answered may be looked at, however broken the rest of it is.
  const std::size_t branch = bytes.find("branch=");
  if (branch != std::string::npos) {
    const std::string_view rest = std::string_view(bytes).substr(branch + 7);
    p.note_branch(rest.substr(0, rest.find_first_of(";,> \t\r\n")));
  }
  p.at().send_raw(bytes, to);
}

void respond(player& p, const step& s) {
  const auto* status = s.with.get<status_line>("status");
  const auto held = std::find_if(p.held.begin(), p.held.end(), [&](const auto& h) {
    return p.just_met() && is_of(h, *p.just_met());
  });
  if (status == nullptr || held == p.held.end())
    refuse("a request that waits for our response", "there is none");
  const std::string body = p.text(s.with.get_or<std::string>("body", {}));
  call::request_answer r;
  r.status = status->status;
  r.reason = status->reason;
  r.headers = p.headers(s);
  r.body = body;
  r.content_type = body.empty() ? "" : s.with.get_or<std::string>("content_type", "text/plain");
  if (!p.at().endpoint().respond(held->id, held->request, r, p.where().now))
    refuse("a request that waits for our response", "it was given up, or cannot be answered so");
  p.held.erase(held);
  p.at().settle();
}

}  // namespace

task act_signalling(player& p, const step& s) {
  const time_point now = p.where().now;
  call::endpoint& endpoint = p.at().endpoint();
  switch (s.kind) {
    case step_kind::call:
      co_await place_call(p, s);
      co_return;
    case step_kind::register_account:
    case step_kind::unregister:
      co_await register_account(p, s);
      co_return;
    case step_kind::send_raw:
      send_raw(p, s);
      co_return;
    case step_kind::message:
    case step_kind::options:
      if (s.with.find("to") != nullptr) {
        send_outside(p, s,
                     s.kind == step_kind::message ? sip::method::message : sip::method::options);
        co_return;
      }
      break;
    case step_kind::respond:
      respond(p, s);
      co_return;
    default:
      break;
  }
  call_view& c = p.call_of(s);
  switch (s.kind) {
    case step_kind::ring:
      must(endpoint.ring(c.id, now, p.headers(s)), "a call that can ring", c);
      p.at().settle();
      if (const auto* how_long = s.with.get<duration>("for"))
        static_cast<void>(co_await p.until([&c] { return c.is_over(); }, now + *how_long));
      if (c.is_over() && !p.still_to_come({step_kind::expect_hangup}))
        refuse("a call that rings", state_of(c));
      break;
    case step_kind::early_media:
      must(endpoint.early_media(c.id, now, p.headers(s)), "a call that is not answered", c);
      p.at().settle();
      co_await media_ready(p, c);
      break;
    case step_kind::answer:
      co_await answer(p, s, c);
      break;
    case step_kind::reject: {
      const auto* status = s.with.get<status_line>("status");
      if (status == nullptr) co_return;
      c.end_met = true;
      must(endpoint.reject(c.id, status->status, status->reason, "scenario", now, p.headers(s)),
           "a call that is not answered", c);
      p.at().settle();
      break;
    }
    case step_kind::redirect: {
      const auto* status = s.with.get<status_line>("status");
      c.end_met = true;
      must(endpoint.redirect(c.id, p.target(s.with.get_or<std::string>("to", {})), "scenario", now,
                             status != nullptr ? status->status : 302),
           "a call that is not answered", c);
      p.at().settle();
      break;
    }
    case step_kind::cancel:
      c.end_met = true;
      must(p.at().engine().cancel(c.id, "cancelled", now), "a call that was not answered", c);
      p.at().settle();
      break;
    case step_kind::hold:
    case step_kind::resume:
    case step_kind::reinvite:
      co_await modify(p, s, c);
      break;
    case step_kind::transfer:
      transfer(p, s, c);
      break;
    case step_kind::hangup:
      co_await hang_up(p, s, c);
      break;
    default:
      send_inside(p, s, c);
      break;
  }
}

}  // namespace sipvoice::scenario
