#include "sipvoice/report/json.hpp"

#include <nlohmann/json.hpp>

#include "sipvoice/session/events.hpp"
#include "sipvoice/session/media_json.hpp"

namespace sipvoice::report {
namespace {

using json = nlohmann::ordered_json;
using session::json_number;

json number(const std::optional<double>& value) {
  return value ? json_number(*value) : json(nullptr);
}

/// Empty: null.
json text_or_null(const std::string& text) { return text.empty() ? json(nullptr) : json(text); }

template <class Values, class Make>
json list_of(const Values& values, Make make) {
  json list = json::array();
  for (const auto& value : values) list.push_back(make(value));
  return list;
}

json failure_object(const scenario::failure_report& f) {
  return {{"party", f.party},
          {"step", f.step},
          {"file", f.file},
          {"line", f.line},
          {"kind", scenario::name_of(f.kind)},
          {"expected", f.expected},
          {"seen", f.seen}};
}

struct as_json {
  json operator()(double value) const { return json_number(value); }
  json operator()(bool value) const { return value; }
  json operator()(std::int64_t value) const { return value; }
  json operator()(const std::string& value) const { return value; }
};

json step_object(const scenario::step_report& s) {
  const bool ran = s.result != scenario::step_result::not_run;
  json j = {{"step", s.step},
            {"detail", s.detail},
            {"line", s.line},
            {"depth", s.depth},
            {"start_ms", ran ? json_number(s.start_ms) : json(nullptr)},
            {"end_ms", ran ? json_number(s.end_ms) : json(nullptr)},
            {"result", scenario::name_of(s.result)}};
  for (const auto& m : s.measured) {
    // What a step is called and when it was is never overwritten by what it measured.
    std::string name = m.name;
    while (j.contains(name)) name += "_measured";
    j[name] = std::visit(as_json{}, m.is);
  }
  return j;
}

json digit_object(const scenario::digit_point& d) {
  return {{"at_ms", json_number(d.at_ms)},
          {"direction", d.sent ? "sent" : "received"},
          {"digit", std::string(1, d.digit)},
          {"duration_ms", d.duration_ms},
          {"method", d.method}};
}

json quality_object(const scenario::quality_point& q) {
  return {{"at_ms", json_number(q.at_ms)},
          {"jitter_ms", json_number(q.jitter_ms)},
          {"received", q.received},
          {"lost", q.lost}};
}

json reference_object(const scenario::reference_point& r) {
  return {{"file", r.file},
          {"start_ms", json_number(r.start_ms)},
          {"found", r.found},
          {"similarity", json_number(r.similarity)},
          {"gain", json_number(r.gain)},
          {"share", json_number(r.share)},
          {"delay_ms", number(r.delay_ms)}};
}

json call_object(const scenario::call_report& c) {
  json j = json::object();
  j["name"] = text_or_null(c.name);
  j["call_id"] = c.call_id;
  j["direction"] = c.inbound ? "inbound" : "outbound";
  j["from"] = c.from;
  j["to"] = c.to;
  j["opened_ms"] = json_number(c.opened_ms);
  j["answered_ms"] = number(c.answered_ms);
  j["ended_ms"] = number(c.ended_ms);
  j["status"] = c.status != 0 ? json(c.status) : json(nullptr);
  j["by"] = text_or_null(c.by);
  j["reason"] = text_or_null(c.reason);
  j["duration_ms"] = c.duration_ms;
  j["media"] = c.media ? session::media_object(*c.media, c.codec) : json(nullptr);
  j["digits"] = list_of(c.digits, digit_object);
  j["quality"] = list_of(c.quality, quality_object);
  j["references"] = list_of(c.references, reference_object);
  return j;
}

json party_object(const scenario::party_report& p) {
  return {{"name", p.name},
          {"address", p.address},
          {"steps", list_of(p.steps, step_object)},
          {"calls", list_of(p.calls, call_object)}};
}

json message_object(const scenario::message_report& m) {
  json j = {{"time_ms", json_number(m.time_ms)}, {"from", m.from}, {"to", m.to}, {"text", m.text}};
  if (m.repeated) j["repeated"] = true;
  return j;
}

json log_object(const scenario::log_report& l) {
  return {{"time_ms", json_number(l.time_ms)}, {"party", l.party}, {"text", l.text}};
}

json scenario_object(const scenario::scenario_report& s) {
  json j = json::object();
  j["name"] = s.name;
  j["file"] = s.file;
  if (!s.row.empty()) j["row"] = s.row;
  j["result"] = scenario::name_of(s.result);
  if (!s.skipped_because.empty()) j["skipped_because"] = s.skipped_because;
  j["tries"] = s.tries;
  j["seed"] = s.seed;
  j["duration_ms"] = json_number(s.duration_ms);
  j["failure"] = s.failure ? failure_object(*s.failure) : json(nullptr);
  j["parties"] = list_of(s.parties, party_object);
  j["messages"] = list_of(s.messages, message_object);
  j["messages_left_out"] = s.messages_left_out;
  j["log"] = list_of(s.log, log_object);
  j["artifacts"] = s.artifacts;
  return j;
}

}  // namespace

std::string report_json(const scenario::run_report& run) {
  json j = json::object();
  j["sipvoice"] = run.version;
  j["seed"] = run.seed;
  j["simulated"] = run.simulated;
  j["started"] = session::format_time(run.started);
  j["duration_ms"] = json_number(run.duration_ms);
  json summary = json::object();
  for (const auto v : {scenario::verdict::passed, scenario::verdict::failed,
                       scenario::verdict::flaky, scenario::verdict::skipped})
    summary[scenario::name_of(v)] = run.count(v);
  j["summary"] = std::move(summary);
  j["scenarios"] = list_of(run.scenarios, scenario_object);
  return j.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace sipvoice::report
