// The JSON report: the fields of the contract, in their order, whatever stood in the messages.
#include "sipvoice/report/json.hpp"

#include <nlohmann/json.hpp>

#include "report/sample.hpp"
#include "support/catch.hpp"

using namespace sipvoice;
using scenario::failure_kind;
using json = nlohmann::ordered_json;

namespace {

json read(const scenario::run_report& run) { return json::parse(report::report_json(run)); }

std::vector<std::string> keys(const json& object) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object.items()) names.push_back(name);
  return names;
}

using words = std::vector<std::string>;

}  // namespace

TEST_CASE("the JSON report has what the contract names, in one order") {
  const json j = read(test::sample_run());
  CHECK(keys(j) ==
        words{"sipvoice", "seed", "simulated", "started", "duration_ms", "summary", "scenarios"});
  CHECK(j["summary"].dump() == R"({"passed":2,"failed":4,"flaky":1,"skipped":1})");
  CHECK(j["started"] == "2024-02-29T12:00:00.000000Z");
  const json& s = j["scenarios"][0];
  CHECK(keys(s) == words{"name", "file", "result", "tries", "seed", "duration_ms", "failure",
                         "parties", "messages", "messages_left_out", "log", "artifacts"});
  CHECK(s["result"] == "passed");
  CHECK(s["failure"].is_null());
  CHECK(s["duration_ms"].dump() == "6131.457");
  const json& step = s["parties"][1]["steps"][2];
  CHECK(step.dump() ==
        R"({"step":"expect_audio","detail":"like ../samples/audio/sales.wav, within 5s","line":15,)"
        R"("depth":0,"start_ms":214.25,"end_ms":4330.0,"result":"passed","similarity":0.988,)"
        R"("delay_ms":41.25,"gain":0.71,"share":1.0})");
  CHECK(s["messages"][1]["from"] == "ivr");
  CHECK(s["messages"][1]["text"].get<std::string>().starts_with("SIP/2.0 100 Trying\r\n"));
  CHECK(j["scenarios"][6]["row"] == "row 3");
  CHECK(j["scenarios"][6]["skipped_because"].get<std::string>().starts_with("it calls"));
}

TEST_CASE("a failure is told with its kind, a step that was not run without times") {
  for (const auto kind : {failure_kind::signalling, failure_kind::media, failure_kind::time}) {
    const json s = read(test::run_of({test::failed_scenario(kind)}))["scenarios"][0];
    CHECK(s["result"] == "failed");
    CHECK(keys(s["failure"]) == words{"party", "step", "file", "line", "kind", "expected", "seen"});
    CHECK(s["failure"]["kind"] == scenario::name_of(kind));
  }
  const json s = read(test::run_of({test::failed_scenario(failure_kind::time)}))["scenarios"][0];
  CHECK(s["parties"][0]["steps"][5]["result"] == "not_run");
  CHECK(s["parties"][0]["steps"][5]["start_ms"].is_null());
  CHECK(s["parties"][1]["steps"][3]["result"] == "stopped");
}

TEST_CASE("the media of a call is that of the events") {
  const json call = read(test::sample_run())["scenarios"][0]["parties"][1]["calls"][0];
  CHECK(call["direction"] == "outbound");
  CHECK(call["status"] == 200);
  CHECK(call["name"].is_null());
  CHECK(call["media"].dump() ==
        R"({"audio":"both","codec":"pcmu","packets_sent":295,"packets_received":293,"lost":2,)"
        R"("late":0,"reordered":0,"duplicate":0,"rejected":0,"jitter_ms":1.235,"concealed_ms":0,)"
        R"("first_packet_ms":21.5,"round_trip_ms":null,"mos":4.357,"remote_sdp":"127.0.0.1:20002",)"
        R"("remote_observed":"127.0.0.1:20002","ssrc_changes":0,"digits_dropped":0})");
  CHECK(call["references"][0]["similarity"].dump() == "0.988");
  CHECK(call["digits"][0]["digit"] == "9");
}

TEST_CASE("any bytes make valid JSON, and what was measured overwrites nothing") {
  // The parser refuses what is not UTF-8.
  const json s = read(test::run_of({test::hostile_scenario()}))["scenarios"][0];
  const json& step = s["parties"][0]["steps"][0];
  CHECK(step["step"] == step["detail"]);
  CHECK(step.contains("step_measured"));
  CHECK(step["line"] == 6);
  CHECK(step["x"].is_null());  // not a number
  CHECK(s["name"].get<std::string>().find("<script>") != std::string::npos);
}

TEST_CASE("the same run makes the same bytes") {
  CHECK(report::report_json(test::sample_run()) == report::report_json(test::sample_run()));
  scenario::run_report nothing;
  CHECK(read(nothing)["scenarios"].empty());
}
