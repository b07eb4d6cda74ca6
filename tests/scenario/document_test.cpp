// Scenario files: what is read from them, and what is said about each mistake, with its place.
#include "sipvoice/scenario/document.hpp"

#include <algorithm>
#include <set>

#include "sipvoice/base/text.hpp"
#include "support/catch.hpp"

using namespace sipvoice;
using namespace sipvoice::scenario;
using namespace std::chrono_literals;

namespace {

surroundings around() {
  surroundings s;
  s.file_exists = [](const std::string& path) { return path.ends_with("here.wav"); };
  s.variables = {{"TARGET", "127.0.0.1:5070"}, {"ROOM", "from the option"}};
  s.environment = [](const std::string& name) -> std::optional<std::string> {
    if (name == "HOME") return "/home/me";
    return std::nullopt;
  };
  return s;
}

struct outcome {
  std::optional<document> read;
  std::string mistakes;  ///< a line each: "2:5: text"
};

outcome read(const std::string& text) {
  std::vector<mistake> found;
  outcome o;
  o.read = read_document(text, "tests/a.yaml", around(), found);
  for (const mistake& m : found)
    o.mistakes += std::to_string(m.line) + ":" + std::to_string(m.column) + ": " + m.text + "\n";
  return o;
}

/// A file of two parties; the steps of the first are given, each with its own line ("    - ring").
std::string with_steps(const std::string& steps) {
  return "parties:\n  a:\n    - call: b\n" + steps + "  b:\n    - expect_call\n    - answer\n";
}

struct row {
  const char* steps;
  const char* line_and_column;
  const char* says;
};

}  // namespace

TEST_CASE("a scenario is read as it was written") {
  const outcome o = read(R"(scenario: A caller to sales hears the sales prompt and is hung up on 9
timeout: 20s
vars: {ROOM: of the file, WHO: alice}
parties:
  ivr:
    codecs: [pcma, g722]
    ptime: 40ms
    auth: {user: a, password: "1234"}
    network: {loss: 5%, delay: 40ms, rtp: {loss: 10%}}
    steps:
      - expect_call: {within: 2s, headers: {X-Room-ID: "${ROOM}", X-Any: "*", X-Re: "/^a+$/"}, from: "/${WHO}/"}
      - ring: 200ms
      - answer
      - play: here.wav
      - expect_dtmf: {digits: "9", within: 5s}
      - hangup: {reason: "Q.850;cause=16"}
  caller:
    - call: {to: ivr, headers: {X-Room-ID: "${ROOM}"}, as: first}
    - expect_response: [180, 4xx]
    - expect_answer: {within: 2s, codec: pcma, on: first}
    - expect_audio: {like: ../here.wav, within: 5s}
    - expect_audio: speech
    - tone: {hz: 440.5, level: -10dBm0, for: 1s}
    - send_dtmf: "9w#"
    - set: {name: token, header: X-Token, match: "/id=([0-9]+)/"}
    - message: "your token is ${token}, your home ${HOME}"
    - expect_no: {expect_dtmf: {}, for: 1s}
    - repeat: {times: 3, steps: [{wait: 100ms}, hold, resume]}
    - expect_media: {lost: "<1%", jitter: "<20ms", audio: both}
    - call: "sip:x@${TARGET}"
    - expect_rejected: 486
    - expect_hangup: {by: remote, within: 2s, on: first}
)");
  CHECK(o.mistakes == "");
  REQUIRE(o.read);
  const document& d = *o.read;
  CHECK(d.title == "A caller to sales hears the sales prompt and is hung up on 9");
  CHECK(d.timeout == 20s);
  CHECK(d.captured == std::vector<std::string>{"token"});
  CHECK(d.leaves());
  REQUIRE(d.parties.size() == 2);

  const party& ivr = d.parties[0];
  CHECK(ivr.name == "ivr");
  CHECK(ivr.at.line == 5);
  CHECK(*ivr.settings.get<text_list>("codecs") == text_list{"pcma", "g722"});
  CHECK(*ivr.settings.get<duration>("ptime") == 40ms);
  CHECK(ivr.settings.get<credentials>("auth")->password == "1234");
  CHECK(ivr.sip.loss == Approx(0.05));
  CHECK(ivr.rtp.loss == Approx(0.1));
  CHECK(ivr.rtp.delay == 40ms);
  REQUIRE(ivr.steps.size() == 6);
  CHECK(ivr.steps[0].kind == step_kind::expect_call);
  CHECK(ivr.steps[0].with.get_or<duration>("within", default_within) == 2s);
  const auto* wanted = ivr.steps[0].with.get<header_patterns>("headers");
  REQUIRE(wanted != nullptr);
  REQUIRE(wanted->size() == 3);
  CHECK(matches((*wanted)[0].value, "from the option"));  // --var before vars:
  CHECK_FALSE(matches((*wanted)[0].value, "from the optio"));
  CHECK(matches((*wanted)[1].value, "whatever"));
  CHECK(matches((*wanted)[2].value, "aaa"));
  CHECK_FALSE(matches((*wanted)[2].value, "b"));
  CHECK(matches(*ivr.steps[0].with.get<session::pattern>("from"), "sip:alice@h"));
  CHECK(*ivr.steps[1].with.get<duration>("for") == 200ms);
  CHECK(ivr.steps[2].with.list.empty());
  CHECK(*ivr.steps[3].with.get<std::string>("file") == "here.wav");
  CHECK(ivr.steps[3].at.line == 14);
  CHECK(ivr.steps[3].at.column == 9);

  const auto& steps = d.parties[1].steps;
  REQUIRE(steps.size() == 15);
  CHECK(*steps[0].with.get<std::string>("to") == "ivr");
  CHECK(steps[1].with.get<status_set>("status")->contains(180));
  CHECK(steps[1].with.get<status_set>("status")->contains(486));
  CHECK_FALSE(steps[1].with.get<status_set>("status")->contains(183));
  CHECK(*steps[2].with.get<std::string>("on") == "first");
  CHECK(*steps[4].with.get<bool>("speech"));
  CHECK(*steps[5].with.get<double>("hz") == 440.5);
  CHECK(*steps[5].with.get<double>("level") == -10);
  CHECK(*steps[6].with.get<std::string>("digits") == "9w#");
  CHECK(*steps[8].with.get<std::string>("body") == "your token is ${token}, your home /home/me");
  const auto* not_wanted = steps[9].with.get<std::vector<step>>("steps");
  REQUIRE(not_wanted != nullptr);
  CHECK(not_wanted->front().kind == step_kind::expect_dtmf);
  CHECK(*steps[9].with.get<duration>("for") == 1s);
  CHECK(*steps[10].with.get<std::int64_t>("times") == 3);
  CHECK(steps[10].with.get<std::vector<step>>("steps")->size() == 3);
  CHECK(*steps[11].with.get<double>("lost") == 1);
  CHECK(*steps[11].with.get<duration>("jitter") == 20ms);
  CHECK(*steps[12].with.get<std::string>("to") == "sip:x@127.0.0.1:5070");
}

TEST_CASE("what is wrong with a step is told with its place and what to do") {
  const std::vector<row> rows = {
      {"    - anser\n", "4:7", "unknown step 'anser'; did you mean 'answer'?"},
      {"    - frobnicate\n", "4:7", "unknown step 'frobnicate'; there is call, ring"},
      {"    - play\n", "4:7", "'play' needs a value: play: ..."},
      {"    - expect_audio\n", "4:7", "'expect_audio' needs a value: expect_audio: {...}"},
      {"    - play: {file: here.wav, lop: true}\n", "4:30",
       "unknown key 'lop' of 'play'; did you mean 'loop'?"},
      {"    - play: {loop: true}\n", "4:13", "'play' needs 'file': a sound file"},
      {"    - play: gone.wav\n", "4:13", "'file': there is no file 'tests/gone.wav'"},
      {"    - play: [here.wav]\n", "4:13", "'file' takes one text"},
      {"    - ring: 200\n", "4:13",
       "'for' is a duration with its unit, 250ms, 5s or 2m, not '200'"},
      {"    - wait: soon\n", "4:13", "'for' is a duration with its unit"},
      {"    - wait: 61s\n", "4:13", "takes 61s, longer than the timeout of 60s"},
      {"    - wait: 40s\n    - wait: 30s\n", "5:13",
       "'a' waits 70s in all, longer than the timeout"},
      {"    - repeat: {times: 100, steps: [{wait: 1s}]}\n", "4:43", "'a' waits 100s in all"},
      {"    - repeat: {times: 1000, steps: [{repeat: {times: 1000, steps: [hold]}}]}\n", "2:3",
       "'a' does more than 100000 steps"},
      {"    - repeat: {times: 0, steps: [hold]}\n", "4:23",
       "'times' is a whole number from 1 to 10000"},
      {"    - expect_dtmf: {digits: 12x}\n", "4:29", "'digits' is a sequence of the digits"},
      {"    - expect_dtmf: {within: 2s}\n", "4:7", "'expect_dtmf' needs 'digits'"},
      {"    - send_dtmf: {digits: 1, method: sms}\n", "4:38",
       "'method' is rfc4733, info or inband, not 'sms'"},
      {"    - reject: 200\n", "4:15", "'reject' takes a status from 300 to 699"},
      {"    - reject: busy\n", "4:15", "'status' is a final status, 486 or '486 Gone fishing'"},
      {"    - expect_response: 7xx\n", "4:24",
       "'status' is a status, 180 or 4xx, or a list of them"},
      {"    - expect_response: []\n", "4:24", "'status' is an empty list"},
      {"    - call: c\n", "4:13",
       "'to' is a party of this file or a SIP URI (sip:user@host), not 'c'"},
      {"    - call: a\n", "4:7", "'a' calls itself"},
      {"    - call: {to: b, codecs: [pcmx]}\n", "4:30",
       "'codecs' is no codec: 'pcmx'; did you mean 'pcmu'?"},
      {"    - call: {to: b, headers: {'X Y': 1}}\n", "4:31", "not the name of a header: 'X Y'"},
      {"    - call: {to: b, headers: X}\n", "4:30", "'headers' is a map of headers"},
      {"    - call: {to: b, headers: {X-A: \"a\\r\\nB: c\"}}\n", "4:36", "'X-A' holds a line end"},
      {"    - hold: {on: other}\n", "4:18",
       "no call of 'a' is named 'other' so far; name one by 'as'"},
      {"    - transfer: {to: b, replaces: other}\n", "4:35", "no call of 'a' is named 'other'"},
      {"    - expect_audio: {like: here.wav, tone: 440}\n", "4:7",
       "takes one of like, tone, speech, any"},
      {"    - expect_audio: {within: 1s}\n", "4:7", "takes one of like, tone, speech, any"},
      {"    - expect_audio: {like: here.wav, similarity: 1.5}\n", "4:50",
       "'similarity' is a number from 0.1 to 1, not '1.5'"},
      {"    - expect_audio: music\n", "4:21", "'expect_audio' is speech or any, or a map"},
      {"    - expect_media: {within: 1s}\n", "4:7", "'expect_media' expects nothing"},
      {"    - expect_media: {lost: 1%}\n", "4:28", "'lost' is a limit, \"<1%\", not '1%'"},
      {"    - expect_media: {jitter: \"<20\"}\n", "4:30", "'jitter' is a duration with its unit"},
      {"    - expect_no: {hangup: {}, for: 1s}\n", "4:19",
       "'expect_no' stands around an expectation, not 'hangup'"},
      {"    - expect_no: {expect_dtmf: {}}\n", "4:18", "takes one expectation and how long"},
      {"    - expect_answer: {header: {X: y}}\n", "4:23",
       "unknown key 'header' of 'expect_answer'; did you mean 'headers'?"},
      {"    - expect_answer: {headers: {X: \"/(/\"}}\n", "4:36",
       "'X': '/(/' is no regular expression"},
      {"    - set: {name: n, header: X, match: \"/a/\"}\n", "4:40", "with one group"},
      {"    - respond: 200\n", "4:7", "no request to respond to; 'expect_request' comes first"},
      {"    - register\n", "4:7", "'a' has no 'register: URI' among its settings"},
      {"    - sync: here\n", "4:7", "nobody else waits at 'sync: here'"},
      {"    - bridge: room\n", "4:7", "nothing else is in 'bridge: room'"},
      {"    - send_raw: {text: a, hex: 00}\n", "4:7", "'send_raw' takes one of text, hex, file"},
      {"    - send_raw: {hex: 0}\n", "4:23", "'hex' is pairs of hexadecimal digits"},
      {"    - tone: {hz: 440, level: 10}\n", "4:30",
       "'level' is a level from -60dBm0 to 3dBm0, not '10'"},
      {"    - tone: 10\n", "4:13", "'hz' is a number from 20 to 20000, not '10'"},
      {"    - stop: pley\n", "4:13",
       "'what' is play, record, echo or live, not 'pley'; did you mean 'play'?"},
      {"    - record: ../x.wav\n", "4:15", "is a file inside the scenario's folder"},
      {"    - record: /tmp/x.wav\n", "4:15", "is a file inside the scenario's folder"},
      {"    - record: x.mp3\n", "4:15", "'file': "},
      {"    - redirect: nowhere\n", "4:17", "'to' is a party of this file or a SIP URI"},
      {"    - log: \"${NOBODY}\"\n", "4:12", "${NOBODY} is not set"},
      {"    - log: \"${ROOMS}\"\n", "4:12", "${ROOMS} is not set; did you mean 'ROOM'?"},
      {"    - log: \"${\"\n", "4:12", "'${' is no variable; write ${NAME}"},
      {"    - set: {name: n, header: X}\n    - wait: \"${n}\"\n", "5:13",
       "must be known before it runs: a variable of 'set' cannot stand here"},
      {"    - answer:\n", "4:7", "'answer' has no value"},
      {"    - log: #1\n", "4:7",
       "'log' has no value; a text that begins with # must stand in quotes"},
      {"    - {ring: 1s, answer: 2s}\n", "4:18",
       "'answer' stands beside 'ring'; a step has one word"},
      {"    - ring: {for: 1s, for: 2s}\n", "4:23", "'for' twice; keep one of them"},
      {"    - expect_dtmf: {digits: *}\n", "4:30", "cannot read this as YAML"},
      {"    - call: {to: ${TARGET}}\n", "4:19", "must stand in quotes"},
      {"    - []\n", "4:7", "a step is a word or a word with its values"},
      {"    - echo: 5\n", "4:13", "'echo' takes a map: {on}"},
      {"    - expect_call: {to: \"sip:b@h\"}\n", "4:7", "nobody calls 'a'"},
      {"    - wait: 1s\n      ring: 2s\n", "5:7", "'ring' stands beside 'wait'"},
  };
  for (const row& r : rows) {
    INFO(r.steps);
    const outcome o = read(with_steps(r.steps));
    CHECK_FALSE(o.read);
    INFO(o.mistakes);
    CHECK(o.mistakes.starts_with(std::string(r.line_and_column) + ": "));
    CHECK(o.mistakes.find(r.says) != std::string::npos);
    CHECK(std::count(o.mistakes.begin(), o.mistakes.end(), '\n') == 1);
  }
}

TEST_CASE("what is wrong with a file or a party is told with its place") {
  const std::string good = "parties:\n  a: [{call: b}]\n  b: [expect_call]\n";
  const std::vector<row> rows = {
      {"", "1:1", "the file is empty"},
      {"hello\n", "1:1", "a scenario is a map"},
      {"scenario: x\n", "1:1", "no 'parties' in the file"},
      {"parties: []\n", "1:10", "'parties' is a map"},
      {"parties:\n  a: 5\n", "2:6", "'a' is a list of steps, or a map with settings and 'steps'"},
      {"parties:\n  a: {codecs: pcmu}\n", "2:6", "'a' has no 'steps'"},
      {"parties:\n  a: {steps: []}\n", "2:14", "no steps"},
      {"parties:\n  a: {steps: [{wait: 1s}], codec: pcmu}\n", "2:28",
       "unknown key 'codec' of 'a'; did you mean 'codecs'?"},
      {"parties:\n  a: {steps: [{wait: 1s}], network: {los: 5%}}\n", "2:38",
       "unknown key 'los' of 'network'; did you mean 'loss'?"},
      {"parties:\n  a: {steps: [{wait: 1s}], network: {loss: 5}}\n", "2:44",
       "'loss' is a share, 5%, not '5'"},
      {"parties:\n  a: {steps: [{wait: 1s}], ptime: 5ms}\n", "2:35", "'ptime' is 10ms to 60ms"},
      {"parties:\n  a: {steps: [{wait: 1s}], dtmf_pt: 8}\n", "2:37",
       "'dtmf_pt' is a whole number from 96 to 127"},
      {"parties:\n  a: {steps: [{wait: 1s}], listen: here}\n", "2:36",
       "'listen' is [udp:|tcp:|tls:]ADDRESS:PORT"},
      {"parties:\n  a: {steps: [{wait: 1s}], auth: {user: a, pass: b}}\n", "2:44",
       "unknown key 'pass'; there is user and password"},
      {"parties:\n  a: [{wait: 1s}]\n  a: [{wait: 1s}]\n", "3:3", "'a' twice; keep one of them"},
      {"parties:\n  b: [expect_call]\n", "2:7", "nobody calls 'b'"},
      {"parties:\n  b: [answer]\n", "2:7",
       "'answer' without a call: 'call' or 'expect_call' comes first"},
      {"timeout: 10\nparties:\n  a: [{wait: 1s}]\n", "1:10",
       "'timeout' is a duration with its unit"},
      {"timout: 10s\nparties:\n  a: [{wait: 1s}]\n", "1:1",
       "unknown key 'timout'; did you mean 'timeout'?"},
      {"vars: x\nparties:\n  a: [{wait: 1s}]\n", "1:7", "'vars' is a map"},
      {"parties:\n  a: [{wait: 1s}]\n---\nparties: {}\n", "4:1", "a second document (---)"},
      {"parties:\n  a: [{wait: 1s}\n", "3:1", "cannot read this as YAML"},
  };
  for (const row& r : rows) {
    INFO(r.steps);
    const outcome o = read(r.steps);
    CHECK_FALSE(o.read);
    INFO(o.mistakes);
    CHECK(o.mistakes.starts_with(std::string(r.line_and_column) + ": "));
    CHECK(o.mistakes.find(r.says) != std::string::npos);
    CHECK(std::count(o.mistakes.begin(), o.mistakes.end(), '\n') == 1);
  }
  CHECK(read(good).mistakes == "");
  CHECK_FALSE(read(good).read->leaves());
}

TEST_CASE("all mistakes of a file are told in one pass, in their order") {
  const outcome o = read(
      "timeout: 5\nparties:\n  a:\n    - cal: b\n    - play: gone.wav\n  b:\n    - expect_call: "
      "{x: 1}\n");
  CHECK(std::count(o.mistakes.begin(), o.mistakes.end(), '\n') >= 4);
  CHECK(o.mistakes.starts_with("1:10: "));
  const std::size_t first = o.mistakes.find("4:7: "), second = o.mistakes.find("5:13: "),
                    third = o.mistakes.find("7:21: ");
  CHECK(first < second);
  CHECK(second < third);
  CHECK(third != std::string::npos);
}

TEST_CASE("a file made to be large ends in an error") {
  std::string bomb = "vars:\n  a: &a [x, x, x, x, x, x, x, x, x, x]\n";
  for (char c = 'b'; c <= 'i'; ++c) {
    bomb += std::string("  ") + c + ": &" + c + " [";
    for (int i = 0; i < 10; ++i)
      bomb += std::string(i == 0 ? "*" : ", *") + static_cast<char>(c - 1);
    bomb += "]\n";
  }
  CHECK(read(bomb).mistakes.find("too many values") != std::string::npos);
  CHECK(read(std::string(200, '[')).mistakes.size() > 0);
  CHECK(read("parties: " + std::string(100, '[') + std::string(100, ']'))
            .mistakes.find("nested too deeply") != std::string::npos);
  CHECK(read("# " + std::string(max_yaml_bytes, 'x')).mistakes.find("larger than 1024 KiB") !=
        std::string::npos);
  std::string growing = "vars:\n  v0: " + std::string(1000, 'x') + "\n";
  for (int i = 1; i < 12; ++i) {
    growing += "  v" + std::to_string(i) + ": \"";
    for (int n = 0; n < 10; ++n) growing += "${v" + std::to_string(i - 1) + "}";
    growing += "\"\n";
  }
  CHECK(read(growing + "parties: {a: [{wait: 1s}]}\n").mistakes.find("longer than 65536 bytes") !=
        std::string::npos);
}

TEST_CASE("the definitions of the language are sound") {
  std::set<std::string_view> names;
  for (const step_definition& d : step_definitions()) {
    INFO(d.name);
    CHECK(names.insert(d.name).second);
    CHECK(&definition_of(d.kind) == find_step(d.name));
    CHECK(d.expects == d.name.starts_with("expect_"));
    CHECK_FALSE(d.doc.empty());
    std::set<std::string_view> fields;
    for (const field& f : d.fields) {
      INFO(f.name);
      CHECK(fields.insert(f.name).second);
      CHECK_FALSE(f.doc.empty());
      CHECK((f.kind == value_kind::word) == !f.words.empty());
      if (d.alone) CHECK_FALSE(f.required);
    }
    if (!d.shorthand.empty()) CHECK(fields.contains(d.shorthand));
  }
}
