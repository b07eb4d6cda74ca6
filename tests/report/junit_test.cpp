// JUnit XML: suites, cases and their sums. The schema is held against it in page_cases.py.
#include "sipvoice/report/junit.hpp"

#include <pugixml.hpp>

#include "report/sample.hpp"
#include "support/catch.hpp"

using namespace sipvoice;
using scenario::failure_kind;

namespace {

struct parsed {
  pugi::xml_document document;
  explicit parsed(const scenario::run_report& run) {
    const std::string text = report::report_junit(run);
    const auto done = document.load_buffer(text.data(), text.size());
    INFO(done.description());
    REQUIRE(done);
  }
  [[nodiscard]] pugi::xml_node root() const { return document.child("testsuites"); }
};

bool contains(const std::string& text, const char* what) {
  return text.find(what) != std::string::npos;
}

}  // namespace

TEST_CASE("a suite a file, a case a scenario and row, with sums") {
  auto a = test::passed_scenario(), b = test::passed_scenario();
  a.row = "row 1";
  b.row = "row 2";
  b.result = scenario::verdict::failed;
  const parsed xml(test::run_of({a, test::skipped_scenario(), b}));
  CHECK(xml.root().attribute("tests").as_int() == 3);
  CHECK(xml.root().attribute("failures").as_int() == 1);
  const auto suite = xml.root().child("testsuite");
  CHECK(std::string(suite.attribute("name").value()) == "scenarios/ivr.yaml");
  CHECK(suite.attribute("tests").as_int() == 2);
  CHECK(suite.attribute("failures").as_int() == 1);
  CHECK(suite.attribute("errors").as_int() == 0);
  CHECK(std::string(suite.attribute("time").value()) == "12.263");
  CHECK(std::string(suite.attribute("timestamp").value()) == "2024-02-29T12:00:00");
  const auto one = suite.child("testcase");
  CHECK(contains(one.attribute("name").value(), "hung up on 9 (row 1)"));
  CHECK(std::string(one.attribute("classname").value()) == "scenarios.ivr");
  CHECK(!one.first_child());
  // Failed without a step: the run was interrupted.
  CHECK(contains(one.next_sibling().child("failure").attribute("message").value(), "its end"));
  const auto skipped = suite.next_sibling().child("testcase").child("skipped");
  CHECK(contains(skipped.attribute("message").value(), "it calls sip:sales@192.0.2.1"));
}

TEST_CASE("a failure says kind, party, step, place, expected, seen and shows the ladder") {
  const parsed xml(test::run_of({test::failed_scenario(failure_kind::signalling)}));
  const auto failure = xml.root().child("testsuite").child("testcase").child("failure");
  CHECK(std::string(failure.attribute("type").value()) == "signalling");
  CHECK(std::string(failure.attribute("message").value()) ==
        "signalling: caller: expect_answer (scenarios/busy.yaml:14): expected an answer with codec "
        "pcmu within 2 s, seen 486 Busy Here after 0.005 s");
  const std::string text = failure.child_value();
  for (const char* part :
       {"scenarios/busy.yaml:14: caller: expect_answer (signalling)", "expected  an answer",
        "seen      486 Busy Here", "|<-- 486 Busy Here (INVITE) ----|", "kept: failed/run.pcap"})
    CHECK(contains(text, part));
}

TEST_CASE("a flaky scenario is a passed case with a word about it") {
  const parsed xml(test::run_of({test::flaky_scenario()}));
  CHECK(xml.root().attribute("failures").as_int() == 0);
  const auto one = xml.root().child("testsuite").child("testcase");
  CHECK(!one.child("failure"));
  CHECK(contains(one.child("system-out").child_value(), "flaky: passed on try 2"));
  CHECK(contains(one.child("system-out").child_value(), "speech after 0.4 s"));
}

TEST_CASE("control characters, foreign bytes and markup of a peer do not break the XML") {
  const auto run = test::run_of({test::hostile_scenario()});
  const std::string text = report::report_junit(run);
  for (const char c : text) CHECK((c == '\n' || static_cast<unsigned char>(c) >= 0x20));
  CHECK(contains(text, "&lt;script"));
  CHECK(!contains(text, "<script"));
  CHECK(!contains(text, "&#"));  // a reference to a control character is as bad as one
  const parsed xml(run);
  const auto failure = xml.root().child("testsuite").child("testcase").child("failure");
  CHECK(contains(failure.attribute("message").value(), "\\x1b[31mred"));
}
