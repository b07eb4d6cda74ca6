// Routes from a file and from options: who gets which plan, and every mistake with its place.
#include "sipvoice/session/routes.hpp"

#include <algorithm>

#include "support/catch.hpp"

using namespace sipvoice;
using namespace sipvoice::session;
using namespace std::chrono_literals;

namespace {

bool exists(const std::string& path) { return path.find("missing") == std::string::npos; }

struct loaded {
  route_table table;
  std::vector<std::string> mistakes;
};
loaded yaml(const std::string& text, const std::string& file = "dir/r.yaml") {
  std::vector<mistake> mistakes;
  loaded l{route_table::parse_yaml(text, file, mistakes, exists), {}};
  for (const mistake& m : mistakes) l.mistakes.push_back(m.to_string());
  return l;
}
loaded option(const std::string& text) {
  std::vector<mistake> mistakes;
  loaded l;
  l.table.add_option(text, mistakes, exists);
  for (const mistake& m : mistakes) l.mistakes.push_back(m.to_string());
  return l;
}
route_table good(const loaded& l) {
  CHECK(l.mistakes == std::vector<std::string>{});
  return l.table;
}
call::call_info from(const call::header_list& headers, const std::string& to = "sip:100@h") {
  call::call_info info;
  info.from_uri = "sip:alice@example.com";
  info.to_uri = to;
  for (const auto& h : headers)
    (h.first[0] == 'X' || h.first[0] == 'x' ? info.x_headers : info.headers).push_back(h);
  return info;
}
// What a plan does first, in a word.
std::string chosen(const route_table& t, const call::call_info& info) {
  const auto c = t.choose(info);
  if (c.plan.reject) return std::to_string(c.plan.reject->status) + " " + c.rule;
  if (!c.plan.play.empty()) return c.plan.play.front().name();
  return c.plan.echo ? "echo" : c.plan.silence ? "silence" : "nothing";
}
bool one_contains(const std::vector<std::string>& list, const std::string& text) {
  return std::any_of(list.begin(), list.end(),
                     [&](const std::string& s) { return s.find(text) != std::string::npos; });
}

}  // namespace

TEST_CASE("the example of the documentation: first match wins") {
  const auto t =
      good(yaml("routes:\n"
                "  - when: {X-Room-ID: sales}\n"
                "    do: {play: prompts/sales.wav, then: hangup}\n"
                "  - when: {X-Room-ID: \"/^agent-/\", X-Tenant-ID: acme}\n"
                "    do: {record: \"rec/{room_id}-{call_id}.wav\"}\n"
                "  - when: {to: \"/^sip:9/\"}\n"
                "    do: {reject: 603}\n"
                "  - do: echo\n"));
  CHECK(chosen(t, from({{"X-Room-ID", "sales"}})) == "dir/prompts/sales.wav");
  CHECK(chosen(t, from({{"x-room-id", "sales"}})) == "dir/prompts/sales.wav");
  CHECK(chosen(t, from({{"X-Room-ID", "Sales"}})) == "echo");
  CHECK(chosen(t, from({{"X-Room-ID", "sales2"}})) == "echo");
  CHECK(chosen(t, from({{"X-Room-ID", "other"}, {"X-Room-ID", "sales"}})) ==
        "dir/prompts/sales.wav");
  CHECK(chosen(t, from({{"X-Room-ID", "agent-1"}})) == "echo");
  CHECK(chosen(t, from({{"X-Room-ID", "agent-1"}, {"X-Tenant-ID", "acme"}})) == "nothing");
  CHECK(chosen(t, from({}, "sip:911@h")) == "603 route");
  CHECK(chosen(t, from({})) == "echo");
  CHECK(t.prompts() == std::vector<prompt_source>{"dir/prompts/sales.wav"});
  CHECK(t.record_templates() == std::vector<std::string>{"dir/rec/{room_id}-{call_id}.wav"});
  CHECK(t.choose(from({{"X-Room-ID", "sales"}})).plan.then == then_action::hangup);
  CHECK_FALSE(t.empty());
}

TEST_CASE("no route takes the call: 404") {
  const auto t = good(option("X-A=b -> echo"));
  CHECK(chosen(t, from({})) == "404 route");
  CHECK(chosen(route_table{}, from({})) == "404 route");
  CHECK(route_table{}.empty());
}

TEST_CASE("every action of the file arrives in the plan") {
  const auto t =
      good(yaml("routes:\n"
                "- do:\n"
                "    play: [a.wav, /abs/b.wav]\n"
                "    loop: yes\n"
                "    record: /r/{n}.wav\n"
                "    stereo: true\n"
                "    max_duration: 10m\n"
                "    ring: 250ms\n"
                "    dtmf: 12wW#a\n"
                "    hangup_after: 1.5s\n"
                "    hangup_on: \"*9#\"\n"
                "    then: echo\n"
                "    vad: on\n"
                "    barge_in: yes\n"
                "    headers: {X-One: 1, x-two: 'b: c'}\n"));
  const call_plan p = t.choose(from({})).plan;
  CHECK(p.play == std::vector<prompt_source>{"dir/a.wav", "/abs/b.wav"});
  CHECK(p.loop);
  CHECK(p.vad);
  CHECK(p.barge_in);
  CHECK(p.record == "/r/{n}.wav");
  CHECK(p.stereo);
  CHECK(p.max_duration == 10min);
  CHECK(p.ring == 250ms);
  CHECK(p.dtmf == "12wW#A");
  CHECK(p.hangup_after == 1500ms);
  CHECK(p.hangup_on == "*9#");
  CHECK(p.then == then_action::echo);
  CHECK(p.headers == call::header_list{{"X-One", "1"}, {"x-two", "b: c"}});

  const auto r = good(yaml("routes:\n- do: {reject: 486 Gone fishing}\n"));
  CHECK(r.choose(from({})).plan.reject->status == 486);
  CHECK(r.choose(from({})).plan.reject->reason == "Gone fishing");
  CHECK(good(yaml("routes: [{do: silence}]")).choose(from({})).plan.silence);
  CHECK(good(yaml("routes: [{do: {play: a.wav}}]", "r.yaml")).prompts().at(0).file == "a.wav");
  CHECK(good(yaml("routes: [{do: {play: a.wav}}]", "/r.yaml")).prompts().at(0).file == "/a.wav");
}

TEST_CASE("values of conditions: exact, present, regular expressions") {
  struct row {
    const char* value;
    const char* header;
    bool fits;
  };
  for (const row& r : {
           row{"a.c", "a.c", true},
           row{"a.c", "abc", false},
           row{"*", "x", true},
           row{"*", "", true},
           row{"/b/", "abc", true},
           row{"/^b/", "abc", false},
           row{"/^a.c$/", "abc", true},
           row{"/B/", "abc", false},
           row{"/B/i", "abc", true},
           row{"/a/b/", "xa/by", true},
           row{"/[0-9]{3}/", "a12b345", true},
           row{"/x|^$/", "", true},
           row{"/^(a+)+$/", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", false},
       }) {
    INFO(r.value << " " << r.header);
    const auto t = good(yaml("routes: [{when: {X-A: '" + std::string(r.value) + "'}, do: echo}]"));
    CHECK((chosen(t, from({{"X-A", r.header}})) == "echo") == r.fits);
    CHECK(chosen(t, from({{"X-B", r.header}})) == "404 route");
  }
  const auto t = good(yaml("routes: [{when: {X-A: '/a/'}, do: echo}]"));
  CHECK(chosen(t, from({{"X-A", std::string(256, 'a')}})) == "echo");
  CHECK(chosen(t, from({{"X-A", std::string(257, 'a')}})) == "404 route");
  const auto s =
      good(yaml("routes: [{when: {subject: hi, from: 'sip:alice@example.com'}, do: echo}]"));
  CHECK(chosen(s, from({{"Subject", "hi"}})) == "echo");
  CHECK(chosen(s, from({{"Subject", "ho"}})) == "404 route");
}

TEST_CASE("options hold for every route that does not say otherwise") {
  call_plan defaults;
  defaults.record = "d/{n}.wav";
  defaults.hangup_after = 9s;
  defaults.stereo = true;
  defaults.headers = {{"X-A", "default"}, {"X-B", "default"}};
  defaults.echo = true;
  auto t = good(
      yaml("routes:\n"
           "- when: {X-R: one}\n"
           "  do: {play: a.wav, record: o.wav, stereo: no, hangup_after: 0, headers: {x-a: own}}\n"
           "- when: {X-R: two}\n"
           "  do: {dtmf: 1}\n"
           "- when: {X-R: three}\n"
           "  do: {reject: 480}\n"));
  t.set_defaults(defaults);
  const call_plan one = t.choose(from({{"X-R", "one"}})).plan;
  CHECK(one.record == "dir/o.wav");
  CHECK_FALSE(one.stereo);
  CHECK_FALSE(one.echo);
  CHECK(one.hangup_after == 0s);
  CHECK(one.headers == call::header_list{{"x-a", "own"}, {"X-B", "default"}});
  const call_plan two = t.choose(from({{"X-R", "two"}})).plan;
  CHECK(two.record == "d/{n}.wav");
  CHECK(two.stereo);
  CHECK(two.echo);
  CHECK(two.hangup_after == 9s);
  CHECK(two.headers == defaults.headers);
  CHECK_FALSE(t.choose(from({{"X-R", "three"}})).plan.record);
  CHECK(t.record_templates() == std::vector<std::string>{"dir/o.wav", "d/{n}.wav"});
}

TEST_CASE("mistakes of a file: file, line, column, and what to do") {
  struct row {
    std::string text, mistake;
  };
  const row rows[] = {
      {"", "dir/r.yaml:1:1: the file holds no routes; write routes: and below it - do: echo"},
      {"# only a comment\n",
       "dir/r.yaml:1:1: the file holds no routes; write routes: and below it - do: echo"},
      {"- do: echo\n", "dir/r.yaml:1:1: the file is not a map; it begins with routes:"},
      {"route:\n- do: echo\n", "dir/r.yaml:1:1: unknown key 'route'; did you mean 'routes'?"},
      {"routes:\n", "dir/r.yaml:1:1: 'routes' is a list; write each route as"},
      {"routes: []\n", "dir/r.yaml:1:9: 'routes' is a list; write each route as"},
      {"routes:\n- echo\n", "dir/r.yaml:2:3: a route is a map with 'do'"},
      {"routes:\n- when: {X-A: b}\n", "dir/r.yaml:2:3: a route without 'do'"},
      {"routes:\n- wen: {X-A: b}\n  do: echo\n",
       "dir/r.yaml:2:3: unknown key 'wen'; did you mean 'when'?"},
      {"routes:\n- do: echo\n  do: silence\n", "dir/r.yaml:3:3: 'do' twice; keep one of them"},
      {"routes:\n- when: {X-A: b, x-a: c}\n  do: echo\n",
       "dir/r.yaml:2:18: 'x-a' twice; keep one of them"},
      {"routes:\n- do: eho\n", "dir/r.yaml:2:7: unknown action 'eho'; did you mean 'echo'?"},
      {"routes:\n- do: hangup\n", "dir/r.yaml:2:7: unknown action 'hangup'; there are play, say"},
      {"routes:\n- do: play\n", "dir/r.yaml:2:7: 'play' needs a value: do: {play: ...}"},
      {"routes:\n- do: {recrod: a.wav}\n",
       "dir/r.yaml:2:8: unknown action 'recrod'; did you mean 'record'?"},
      {"routes:\n- do: {hangup-after: 5s}\n",
       "dir/r.yaml:2:8: unknown action 'hangup-after'; did you mean 'hangup_after'?"},
      {"routes:\n- do:\n", "dir/r.yaml:2:3: 'do' is empty"},
      {"routes:\n- do: {}\n", "dir/r.yaml:2:7: nothing to do; write for example do: echo"},
      {"routes:\n- do: [echo]\n", "dir/r.yaml:2:7: 'do' is a word (echo, silence) or a map"},
      {"routes:\n- do:\n    play: missing.wav\n",
       "dir/r.yaml:3:11: no such prompt: 'dir/missing.wav'; check the path (it counts from"},
      {"routes:\n- do: {play: [a.wav, missing.wav]}\n", "dir/r.yaml:2:22: no such prompt"},
      {"routes:\n- do: {play: []}\n", "dir/r.yaml:2:14: 'play' takes one text or a list of files"},
      {"routes:\n- do: {play: ''}\n", "dir/r.yaml:2:14: 'play' has no value"},
      {"routes:\n- do: {hangup_on: }\n", "dir/r.yaml:2:8: 'hangup_on' has no value"},
      {"routes:\n- do:\n    hangup_on: #\n",
       "dir/r.yaml:3:5: 'hangup_on' has no value; a text that "
       "begins with # or * needs quotes"},
      {"routes:\n- do: {echo: maybe}\n", "dir/r.yaml:2:14: 'echo' is yes or no, not 'maybe'"},
      {"routes:\n- do: {ring: 5}\n",
       "dir/r.yaml:2:14: 'ring' is no duration: '5', the unit is missing; write it with its unit, "
       "for example 5s"},
      {"routes:\n- do: {then: hang}\n",
       "dir/r.yaml:2:14: 'then' is hangup, stay or echo, not 'hang'"},
      {"routes:\n- do: {then: hangpu}\n", "not 'hangpu'; did you mean 'hangup'?"},
      {"routes:\n- do: {reject: 200}\n", "dir/r.yaml:2:16: 'reject' is no refusal: '200'"},
      {"routes:\n- do: {reject: busy}\n", "'reject' is no refusal: 'busy'; write 486 or"},
      {"routes:\n- do: {reject: 486, play: a.wav}\n", "dir/r.yaml:2:7: 'reject' stands alone"},
      {"routes:\n- do: {silence: yes, echo: yes}\n", "dir/r.yaml:2:7: 'silence' contradicts"},
      {"routes:\n- do: {loop: yes}\n", "dir/r.yaml:2:7: 'loop' needs something to play"},
      {"routes:\n- do: {dtmf: 12x}\n", "dir/r.yaml:2:14: 'dtmf' holds other than the digits"},
      {"routes:\n- do: {hangup_on: 1w}\n", "dir/r.yaml:2:19: 'hangup_on' holds other than"},
      {"routes:\n- do: {record: a.mp3}\n",
       "dir/r.yaml:2:16: 'record' is no file template: 'a.mp3', "
       "recordings are WAV files"},
      {"routes:\n- do: {record: 'a{x}.wav'}\n",
       "'record' is no file template: 'a{x}.wav', unknown"},
      {"routes:\n- do: {headers: x}\n", "dir/r.yaml:2:17: 'headers' is a map"},
      {"routes:\n- do: {headers: {Via: x}}\n", "dir/r.yaml:2:18: 'Via' belongs to the call itself"},
      {"routes:\n- do: {headers: {v: x}}\n", "'v' belongs to the call itself"},
      {"routes:\n- do: {headers: {X-A: \"a\\nb\"}}\n", "holds a line end or a NUL byte"},
      {"routes:\n- when: {X-A:b}\n  do: echo\n",
       "dir/r.yaml:2:10: no space after the colon in 'X-A:b'"},
      {"routes:\n- when: {X-A: }\n  do: echo\n",
       "dir/r.yaml:2:10: 'X-A' has no value; write \"*\""},
      {"routes:\n- when: {X-A: ~}\n  do: echo\n",
       "dir/r.yaml:2:10: 'X-A' has no value; write \"*\""},
      {"routes:\n- when: {X-A: ''}\n  do: echo\n", "dir/r.yaml:2:15: 'X-A': the value is empty"},
      {"routes:\n- when: {X-A: [a, b]}\n  do: echo\n", "dir/r.yaml:2:15: 'X-A' takes one text"},
      {"routes:\n- when: {}\n  do: echo\n", "dir/r.yaml:2:9: 'when' is a map of conditions"},
      {"routes:\n- when:\n  do: echo\n", "dir/r.yaml:2:3: 'when' is a map of conditions"},
      {"routes:\n- when: {'a b': c}\n  do: echo\n",
       "dir/r.yaml:2:10: not the name of a header: 'a b'"},
      {"routes:\n- when: {X-A: '/('}\n  do: echo\n", "dir/r.yaml:2:15: 'X-A': '/(' begins like"},
      {"routes:\n- when: {X-A: '/(/'}\n  do: echo\n",
       "dir/r.yaml:2:15: 'X-A': '/(/' is no regular expression: a ( without its )"},
      {"routes:\n- when: {X-A: '/(a)\\1/'}\n  do: echo\n", "back-references are not supported"},
      {"routes:\n- when: {X-A: '/*a/'}\n  do: echo\n", "such as a * with nothing before it"},
      {"routes:\n- when: {X-A: '//'}\n  do: echo\n", "'//' begins like a regular expression"},
      {"routes:\n- when: {X-A: /}\n  do: echo\n", "'/' begins like a regular expression"},
      {"routes:\n- when: {X-A: *}\n  do: echo\n", "must stand in quotes"},
      {"routes:\n- when: {X-A: /^[0-9]/}\n  do: echo\n", "must stand in quotes"},
      {"routes:\n\t- do: echo\n", "cannot read this as YAML"},
      {"routes:\n- do: echo\n---\nroutes: []\n", "a second document (---)"},
      {"routes: [{do: echo}", "cannot read this as YAML"},
      {"? [a]\n: b\n", "a key must be a word"},
  };
  for (const row& r : rows) {
    INFO(r.text);
    const auto l = yaml(r.text);
    CAPTURE(l.mistakes);
    CHECK(l.mistakes.size() == 1);
    CHECK(one_contains(l.mistakes, r.mistake));
  }
}

TEST_CASE("all mistakes of a file come in one pass") {
  const auto l = yaml(
      "routes:\n"
      "- when: {X-A: '/(/'}\n"
      "  do: {play: missing.wav, ring: 3}\n"
      "- wehn: {X-A: b}\n"
      "- do: {recrod: a.wav}\n");
  REQUIRE(l.mistakes.size() == 6);
  const char* places[] = {":2:15:", ":3:14:", ":3:33:", ":4:3:", ":4:3:", ":5:8:"};
  for (std::size_t i = 0; i < 6; ++i) {
    INFO(l.mistakes[i]);
    CHECK(l.mistakes[i].find(std::string("dir/r.yaml") + places[i]) == 0);
  }
}

TEST_CASE("hostile files are mistakes, not crashes") {
  const std::string deep(100000, '[');
  CHECK(yaml(deep).mistakes.size() == 1);
  CHECK(yaml(std::string("routes:\0- do", 12)).mistakes.size() == 1);
  CHECK(yaml("a: &a [*a]\nroutes: *a\n").mistakes.size() >= 1);
  CHECK_FALSE(yaml("\xff\xfe\x01").mistakes.empty());
}

TEST_CASE("the --route option: conditions and actions in one text") {
  const auto t = good(option("X-Room-ID=sales -> play:sales.wav"));
  CHECK(chosen(t, from({{"x-room-id", "sales"}})) == "sales.wav");
  CHECK(chosen(t, from({})) == "404 route");
  CHECK(chosen(good(option("-> echo")), from({})) == "echo");
  CHECK(chosen(good(option("  ->silence")), from({})) == "silence");
  CHECK(chosen(good(option("X-A=*->reject:486 Gone fishing")), from({{"X-A", ""}})) == "486 route");
  const auto several = good(option("X-A = b , to=/^sip:9,?1->x|1/ -> echo"));
  CHECK(chosen(several, from({{"X-A", "b"}}, "sip:91@h")) == "echo");
  CHECK(chosen(several, from({{"X-A", "b"}}, "sip:22@h")) == "404 route");
  CHECK(chosen(several, from({}, "sip:91@h")) == "404 route");
  CHECK(chosen(good(option("X-A=/B/i->echo")), from({{"X-A", "abc"}})) == "echo");

  const call_plan p =
      good(option("-> play:a+b.wav, play: c.wav+record:r/{n}.wav + stereo, ring:2s, "
                  "then:stay+dtmf:1w,hangup_after:3s,hangup_on:#,loop:no"))
          .choose(from({}))
          .plan;
  CHECK(p.play == std::vector<prompt_source>{"a+b.wav", "c.wav"});
  CHECK(p.record == "r/{n}.wav");
  CHECK(p.stereo);
  CHECK(p.ring == 2s);
  CHECK(p.then == then_action::stay);
  CHECK(p.dtmf == "1w");
  CHECK(p.hangup_after == 3s);
  CHECK(p.hangup_on == "#");
  CHECK_FALSE(p.loop);
}

TEST_CASE("options come after the file's routes, in their order") {
  std::vector<mistake> mistakes;
  auto t = yaml("routes: [{when: {X-A: a}, do: {play: file.wav}}]", "r.yaml").table;
  t.add_option("X-A=* -> play:one.wav", mistakes, exists);
  t.add_option("-> play:two.wav", mistakes, exists);
  CHECK(mistakes.empty());
  CHECK(chosen(t, from({{"X-A", "a"}})) == "file.wav");
  CHECK(chosen(t, from({{"X-A", "b"}})) == "one.wav");
  CHECK(chosen(t, from({})) == "two.wav");
  CHECK(t.prompts() == std::vector<prompt_source>{"file.wav", "one.wav", "two.wav"});
}

TEST_CASE("mistakes of --route") {
  struct row {
    const char* text;
    const char* mistake;
  };
  for (const row& r : {
           row{"", "--route: '': no '->'; write 'X-Room-ID=sales -> play:sales.wav'"},
           row{"X-A=b", "no '->'"},
           row{"X-A -> echo", "a condition without '='"},
           row{"X-A=b, -> echo", nullptr},
           row{"X-A=b, X-B, X-C=d -> echo", "a condition without '='"},
           row{"=b -> echo", "not the name of a header: ''"},
           row{"X A=b -> echo", "not the name of a header: 'X A'"},
           row{"X-A= -> echo", "X-A: the value is empty; write \"*\" for 'present'"},
           row{"X-A=/b -> echo", "a regular expression without its closing '/'"},
           row{"X-A=/(/ -> echo", "is no regular expression: a ( without its )"},
           row{"X-A=b ->", "nothing to do"},
           row{"X-A=b -> eho", "unknown action 'eho'; did you mean 'echo'?"},
           row{"-> play", "'play' needs a value: play:..."},
           row{"-> play:", "'play' has no value"},
           row{"-> play:missing.wav", "no such prompt: 'missing.wav'; check the path"},
           row{"-> echo,,stereo", "an empty action between separators"},
           row{"-> echo, echo", "'echo' twice"},
           row{"-> headers:X-A", "'headers' is a map in a routes file"},
           row{"-> reject:99", "'reject' is no refusal: '99'"},
           row{"-> reject:486, echo", "'reject' stands alone"},
           row{"-> ring:5", "for example 5s"},
       }) {
    INFO(r.text);
    const auto l = option(r.text);
    CAPTURE(l.mistakes);
    CHECK(l.mistakes.size() == (r.mistake == nullptr ? 0U : 1U));
    if (r.mistake != nullptr) CHECK(one_contains(l.mistakes, r.mistake));
  }
  CHECK(option("X A=b, X-B=/(/ -> eho, play:missing.wav").mistakes.size() == 4);
}

TEST_CASE("a mistake is printed with what is known of its place") {
  CHECK(mistake{"f", 3, 4, "t"}.to_string() == "f:3:4: t");
  CHECK(mistake{"f", 3, 0, "t"}.to_string() == "f:3: t");
  CHECK(mistake{"--route", 0, 7, "t"}.to_string() == "--route: t");
}

TEST_CASE("say, voice and live in both notations") {
  const auto t =
      good(yaml("routes: [{do: {say: [one, 'two, three'], voice: en-gb, play: a.wav}}]", "r.yaml"));
  CHECK(t.prompts() == std::vector<prompt_source>{prompt_source::speech("one", "en-gb"),
                                                  prompt_source::speech("two, three", "en-gb"),
                                                  "a.wav"});
  CHECK(
      good(yaml("routes: [{do: {live: default, record: 'r/{n}.wav'}}]", "r.yaml")).live_devices() ==
      std::vector<std::string>{"default"});
}
