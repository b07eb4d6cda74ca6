#include "sipvoice/session/events.hpp"

#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "sipvoice/base/text.hpp"
#include "sipvoice/session/media_json.hpp"

namespace sipvoice::session {
namespace {

using json = nlohmann::ordered_json;

/// A repeated header's values joined by ", " in order, under the spelling that came first. Names
/// are looked up in a map, and the object is filled without its own linear search: a message may
/// carry thousands of headers.
json x_headers(const call::shared_headers& headers) {
  std::vector<std::pair<std::string, std::string>> joined;
  std::map<std::string, std::size_t> index;
  for (const auto& [name, value] : headers) {
    const auto [place, is_new] = index.try_emplace(to_lower(std::string_view(name)), joined.size());
    if (is_new) {
      joined.emplace_back(name, value);
    } else {
      joined[place->second].second += ", " + value;
    }
  }
  json::object_t object;
  for (auto& [name, value] : joined) {
    object.json::object_t::Container::emplace_back(std::move(name), std::move(value));
  }
  return json(std::move(object));
}

struct client_fields {
  json& j;

  const char* operator()(const call::registered& e) const {
    j["aor"] = e.aor;
    j["contact"] = e.contact;
    j["expires_s"] = e.expires_s;
    j["refreshed"] = e.refreshed;
    return "registered";
  }
  const char* operator()(const call::registration_failed& e) const {
    j["aor"] = e.aor;
    j["status"] = e.status;
    j["reason"] = e.reason;
    j["retry_in_ms"] = e.retry_in > duration::zero() ? json(to_ms(e.retry_in)) : json(nullptr);
    return "registration_failed";
  }
  const char* operator()(const call::unregistered& e) const {
    j["aor"] = e.aor;
    j["status"] = e.status;
    return "unregistered";
  }
  const char* operator()(const call::request_finished& e) const {
    j["status"] = e.status;
    j["reason"] = e.reason;
    j["answered"] = e.answered;
    j["took_ms"] = to_ms(e.took);
    return "request_finished";
  }
};

/// Adds the event's own fields and returns its name.
struct fields {
  json& j;
  const call::call_info* call;

  const char* operator()(const listening_event& e) const {
    j["address"] = e.address;
    return "listening";
  }
  const char* operator()(const call_opened_event&) const {
    if (call == nullptr) return "call_incoming";
    j["from"] = call->from_uri;
    j["to"] = call->to_uri;
    j["x_headers"] = x_headers(call->x_headers);
    return call->inbound ? "call_incoming" : "call_outgoing";
  }
  const char* operator()(const ringing_event& e) const {
    j["status"] = e.status;
    return "call_ringing";
  }
  const char* operator()(const answered_event& e) const {
    j["status"] = e.status != 0 ? json(e.status) : json(nullptr);
    j["codec"] = std::string(audio::info(e.format.send.codec).option_name);
    j["payload_type"] = to_int(e.format.send.type);
    j["ptime_ms"] = e.format.ptime_ms;
    const auto dtmf = e.format.dtmf_send ? e.format.dtmf_send : e.format.dtmf_receive;
    j["dtmf_pt"] = dtmf ? json(to_int(*dtmf)) : json(nullptr);
    j["local_rtp"] = e.local_rtp.to_string();
    j["remote_rtp"] = e.remote_rtp.to_string();
    return "call_answered";
  }
  const char* operator()(const rejected_event& e) const {
    j["status"] = e.status;
    j["reason"] = e.reason;
    j["rule"] = e.rule;
    return "call_rejected";
  }
  const char* operator()(const dtmf_event& e) const {
    j["digit"] = std::string(1, e.digit);
    j["duration_ms"] = e.duration_ms;
    j["method"] = e.method;
    j["complete"] = e.complete;
    return "dtmf";
  }
  const char* operator()(const play_started_event& e) const {
    j["source"] = e.source;
    j["played_ms"] = 0;
    return "play_started";
  }
  const char* operator()(const play_finished_event& e) const {
    j["source"] = e.source;
    j["played_ms"] = e.played_ms;
    j["completed"] = e.completed;
    return "play_finished";
  }
  const char* operator()(const speech_event& e) const {
    j["at_ms"] = e.at_ms;
    return e.speaking ? "speech_started" : "speech_stopped";
  }
  const char* operator()(const barge_in_event& e) const {
    j["at_ms"] = e.at_ms;
    return "barge_in";
  }
  const char* operator()(const record_started_event& e) const {
    j["file"] = e.file;
    j["duration_ms"] = 0;
    return "record_started";
  }
  const char* operator()(const record_finished_event& e) const {
    j["file"] = e.file;
    j["duration_ms"] = e.duration_ms;
    if (!e.waveform.empty()) j["waveform"] = e.waveform;
    return "record_finished";
  }
  const char* operator()(const live_started_event& e) const {
    j["device"] = e.device;
    return "live_started";
  }
  const char* operator()(const live_finished_event& e) const {
    const live_report& r = e.report;
    j["device"] = e.device;
    j["input_underruns"] = r.input_underruns;
    j["input_overruns"] = r.input_overruns;
    j["output_underruns"] = r.output_underruns;
    j["output_overruns"] = r.output_overruns;
    j["card_stumbles"] = r.card_stumbles;
    j["input_drift_ppm"] = std::round(r.input_drift_ppm);
    j["output_drift_ppm"] = std::round(r.output_drift_ppm);
    return "live_finished";
  }
  const char* operator()(const held_event& e) const {
    j["by"] = call::name_of(e.by);
    return e.on_hold ? "hold" : "resume";
  }
  const char* operator()(const transfer_event& e) const {
    j["by"] = e.what.by_us ? "local" : "remote";
    j["state"] = name_of(e.what.state);
    j["target"] = e.what.target;
    j["status"] = e.what.status != 0 ? json(e.what.status) : json(nullptr);
    if (!e.what.reason.empty()) j["reason"] = e.what.reason;
    return "transfer";
  }
  const char* operator()(const message_event& e) const {
    if (call == nullptr) {
      j["from"] = e.from;
      j["to"] = e.to;
    }
    j["content_type"] = e.content_type;
    j["text"] = e.text;
    return "message";
  }
  const char* operator()(const request_finished_event& e) const {
    j["method"] = e.what.method;
    j["status"] = e.what.status;
    j["reason"] = e.what.reason;
    j["answered"] = e.what.answered;
    j["took_ms"] = to_ms(e.what.took);
    return "request_finished";
  }
  const char* operator()(const request_event& e) const {
    j["method"] = e.what.method;
    j["content_type"] = e.what.content_type;
    return "request_received";
  }
  const char* operator()(const ended_event& e) const {
    j["by"] = call::name_of(e.by);
    j["reason"] = e.reason;
    if (!e.detail.empty()) j["detail"] = e.detail;
    if (!e.remote_reason.empty()) j["remote_reason"] = e.remote_reason;
    if (e.q850_cause) j["q850_cause"] = *e.q850_cause;
    j["duration_ms"] = e.duration_ms;
    const std::string_view codec = e.codec ? audio::info(*e.codec).option_name : std::string_view{};
    j["media"] = e.media ? media_object(*e.media, codec) : json(nullptr);
    return "call_ended";
  }
  const char* operator()(const client_event_line& e) const {
    return std::visit(client_fields{j}, e.event);
  }
  const char* operator()(const error_event& e) const {
    j["message"] = e.message;
    if (!e.file.empty()) j["file"] = e.file;
    return "error";
  }
};

}  // namespace

std::string format_time(wall_time when) {
  using namespace std::chrono;
  const auto day = floor<days>(when);
  const year_month_day date{day};
  const hh_mm_ss time{floor<microseconds>(when - day)};
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
                static_cast<int>(time.subseconds().count()));
  return text.data();
}

std::string to_json(const event& e) {
  json j = json::object();
  j["time"] = format_time(e.time);
  j["event"] = nullptr;  // keeps its place; named below
  if (e.call != nullptr) {
    j["session_id"] = e.call->session_id;
    j["call_id"] = e.call->sip_call_id;
    j["room_id"] = e.call->room_id;
    j["direction"] = e.call->inbound ? "inbound" : "outbound";
  }
  j["event"] = std::visit(fields{j, e.call}, e.kind);
  return j.dump(-1, ' ', false, json::error_handler_t::replace);
}

const char* name_of(call::transfer_state state) {
  switch (state) {
    case call::transfer_state::trying:
      return "trying";
    case call::transfer_state::progress:
      return "progress";
    case call::transfer_state::done:
      return "done";
    case call::transfer_state::failed:
      return "failed";
  }
  return "failed";
}

event_line make_line(const event& e, bool json, event_texts texts) {
  event_line line;
  line.warning = is_warning(e);
  if (json) line.json = to_json(e);
  if (texts == event_texts::all || (texts == event_texts::warnings && line.warning))
    line.text = to_text(e);
  return line;
}

}  // namespace sipvoice::session
