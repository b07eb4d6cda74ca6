// Actions of routes: one text each, checked and put into the plan.
#include <algorithm>
#include <array>

#include "sipvoice/base/text.hpp"
#include "sipvoice/session/duration.hpp"
#include "sipvoice/session/file_template.hpp"
#include "sipvoice/session/routes_model.hpp"
#include "sipvoice/sip/message.hpp"

namespace sipvoice::session {

namespace {

constexpr std::array<std::string_view, 20> names = {
    "play",         "say",       "voice",        "live",    "loop", "echo",        "silence",
    "record",       "stereo",    "max_duration", "ring",    "dtmf", "dtmf_method", "then",
    "hangup_after", "hangup_on", "reject",       "headers", "vad",  "barge_in"};
constexpr std::array<std::string_view, 6> switches = {"loop",   "echo", "silence",
                                                      "stereo", "vad",  "barge_in"};
constexpr std::array<std::string_view, 3> then_words = {"hangup", "stay", "echo"};
constexpr std::array<std::string_view, 3> method_words = {"rfc4733", "info", "inband"};
constexpr std::array<std::string_view, 8> bool_words = {"true", "false", "yes", "no",
                                                        "on",   "off",   "1",   "0"};

template <std::size_t N>
bool one_of(std::string_view word, const std::array<std::string_view, N>& list) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

std::string resolved(std::string_view path, const std::string& folder) {
  if (folder.empty() || path.front() == '/') return std::string(path);
  return folder + (folder.back() == '/' ? "" : "/") + std::string(path);
}

void set_play(route& r, std::string_view value, const action_context& context) {
  std::string file = resolved(value, context.folder);
  if (!context.file_exists(file))
    context.complain("no such prompt: " + quoted(file) + "; check the path" +
                     (file == value ? "" : " (it counts from the routes file's folder)"));
  r.plan.play.push_back(std::move(file));
}

void set_say(route& r, std::string_view value, const action_context& context) {
  constexpr std::size_t max_bytes = 20'000;
  if (value.size() > max_bytes || value.find('\0') != std::string_view::npos)
    context.complain("'say' takes a text of at most 20000 bytes without NUL");
  r.plan.play.push_back(prompt_source::speech(std::string(value)));
}

void set_voice(route& r, std::string_view value, const action_context& context) {
  if (value.front() == '-')
    context.complain("'voice' is no voice: " + quoted(value) + " begins with '-'");
  r.voice = value;
}

void set_bool(bool& place, std::string_view name, std::string_view value,
              const action_context& context) {
  const std::string word = to_lower(value);
  place = word == "true" || word == "yes" || word == "on" || word == "1";
  if (!one_of(word, bool_words))
    context.complain(quoted(name) + " is yes or no, not " + quoted(value));
}

void set_duration(duration& place, std::string_view name, std::string_view value,
                  const action_context& context) {
  const auto parsed = parse_duration(value);
  if (parsed) {
    place = *parsed;
    return;
  }
  const bool bare = std::all_of(value.begin(), value.end(), is_digit);
  const std::string example = bare && value.size() < 10 ? std::string(value) + "s" : "5s";
  context.complain(quoted(name) + " is no duration: " + quoted(value) + ", " + parsed.error().what +
                   "; write it with its unit, for example " + example + " (ms, s, m, h)");
}

void set_record(route& r, std::string_view value, const action_context& context) {
  if (const auto ok = check_template(value); !ok)
    context.complain("'record' is no file template: " + quoted(value) + ", " + ok.error().what);
  r.plan.record = resolved(value, context.folder);
}

void set_digits(std::string& place, std::string_view name, std::string_view value, bool pauses,
                const action_context& context) {
  place.clear();
  for (char c : value) {
    if (c >= 'a' && c <= 'd') c = static_cast<char>(c - 'a' + 'A');
    const bool digit = is_digit(c) || c == '*' || c == '#' || (c >= 'A' && c <= 'D');
    if (!digit && !(pauses && (c == 'w' || c == 'W')))
      return context.complain(quoted(name) + " holds other than the digits 0-9 * # A-D" +
                              (pauses ? " and the pauses w and W: " : ": ") + quoted(value));
    place += c;
  }
}

void set_then(route& r, std::string_view value, const action_context& context) {
  if (!one_of(value, then_words))
    return context.complain("'then' is hangup, stay or echo, not " + quoted(value) +
                            suggestion(value, then_words));
  r.plan.then = value == "hangup" ? then_action::hangup
                : value == "stay" ? then_action::stay
                                  : then_action::echo;
}

void set_method(route& r, std::string_view value, const action_context& context) {
  if (!one_of(value, method_words))
    return context.complain("'dtmf_method' is rfc4733, info or inband, not " + quoted(value) +
                            suggestion(value, method_words));
  r.plan.dtmf_method = value == "info"     ? media::digit_method::info
                       : value == "inband" ? media::digit_method::inband
                                           : media::digit_method::rfc4733;
}

void set_reject(route& r, std::string_view value, const action_context& context) {
  std::string_view reason = trim(value);
  const auto status = parse_decimal(take_until(reason, ' '), 699);
  if (!status || *status < 300 || !sip::is_safe_value(reason)) {
    r.plan.reject = reject_plan{};
    return context.complain("'reject' is no refusal: " + quoted(value) +
                            "; write 486 or '486 Gone fishing' (300 to 699)");
  }
  r.plan.reject = reject_plan{static_cast<int>(*status), std::string(trim(reason))};
}

}  // namespace

std::span<const std::string_view> action_names() { return names; }
bool is_switch(std::string_view action) { return one_of(action, switches); }

bool check_action_name(std::string_view name, const action_context& context) {
  if (one_of(name, names)) return true;
  std::string all;
  for (const std::string_view n : names) all.append(all.empty() ? "" : ", ").append(n);
  const std::string near = suggestion(name, names);
  context.complain("unknown action " + quoted(name) + (near.empty() ? "; there are " + all : near));
  return false;
}

void set_action(route& r, std::string_view name, std::string_view value,
                const action_context& context) {
  r.said.emplace(name);
  if (value.empty())
    return context.complain(quoted(name) +
                            " has no value; a text that begins with # or * needs quotes");
  call_plan& plan = r.plan;
  if (name == "play") return set_play(r, value, context);
  if (name == "say") return set_say(r, value, context);
  if (name == "live") {
    plan.live = value;
    return;
  }
  if (name == "voice") return set_voice(r, value, context);
  if (name == "loop") return set_bool(plan.loop, name, value, context);
  if (name == "echo") return set_bool(plan.echo, name, value, context);
  if (name == "silence") return set_bool(plan.silence, name, value, context);
  if (name == "stereo") return set_bool(plan.stereo, name, value, context);
  if (name == "vad") return set_bool(plan.vad, name, value, context);
  if (name == "barge_in") return set_bool(plan.barge_in, name, value, context);
  if (name == "record") return set_record(r, value, context);
  if (name == "max_duration") return set_duration(plan.max_duration, name, value, context);
  if (name == "ring") return set_duration(plan.ring, name, value, context);
  if (name == "hangup_after") return set_duration(plan.hangup_after, name, value, context);
  if (name == "dtmf") return set_digits(plan.dtmf, name, value, true, context);
  if (name == "dtmf_method") return set_method(r, value, context);
  if (name == "hangup_on") return set_digits(plan.hangup_on, name, value, false, context);
  if (name == "then") return set_then(r, value, context);
  if (name == "reject") return set_reject(r, value, context);
  context.complain(quoted(name) + " is a map in a routes file: headers: {X-Name: value}");
}

void add_header(route& r, std::string_view name, std::string_view value,
                const action_context& context) {
  r.said.emplace("headers");
  if (!is_token(name)) return context.complain("not the name of a header: " + quoted(name));
  const auto id = sip::header_of(name);
  if (sip::is_protected(id))
    return context.complain(quoted(name) + " belongs to the call itself and cannot be set");
  if (!sip::is_safe_value(value))
    return context.complain("the header " + quoted(name) + " holds a line end or a NUL byte");
  r.plan.headers.emplace_back(name, trim(value));
}

void check_route(const route& r, const action_context& context) {
  const call_plan& p = r.plan;
  if (r.said.empty()) return context.complain("nothing to do; write for example do: echo");
  if (p.reject && r.said.size() > 1)
    context.complain("'reject' stands alone: a call that is refused plays and records nothing");
  else if (p.silence && (p.echo || !p.play.empty()))
    context.complain("'silence' contradicts play, say and echo; take one of them");
  else if (p.live && (p.echo || p.silence || !p.play.empty()))
    context.complain("'live' contradicts play, say, echo and silence; take one of them");
  else if (p.loop && p.play.empty())
    context.complain("'loop' needs something to play");
  else if (!r.voice.empty() && !r.said.contains("say"))
    context.complain("'voice' needs a text: say: ...");
}

void complete_route(route& r) {
  for (prompt_source& source : r.plan.play)
    if (source.is_spoken()) source.voice = r.voice;
}

}  // namespace sipvoice::session
