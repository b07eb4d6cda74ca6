// What a person sees of a run: lines, failure blocks, the table.
#include "sipvoice/report/terminal.hpp"

#include <algorithm>
#include <sstream>

#include "report/sample.hpp"
#include "sipvoice/report/ladder.hpp"
#include "sipvoice/report/text.hpp"
#include "support/catch.hpp"

using namespace sipvoice;
using namespace sipvoice::report;
using scenario::failure_kind;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace

TEST_CASE("a failure block says where, what was expected, what was seen, and the ladder") {
  CHECK(failure_block(test::failed_scenario(failure_kind::signalling), {false, 80}) ==
        "FAILED A busy line is told as 486\n"
        "  scenarios/busy.yaml:14: caller: expect_answer (signalling)\n"
        "    expected  an answer with codec pcmu within 2 s\n"
        "    seen      486 Busy Here after 0.005 s\n"
        "  last messages:\n"
        "            caller                          ivr\n"
        "    0.002 s |----------- INVITE ----------->|\n"
        "    0.002 s |<---- 100 Trying (INVITE) -----|\n"
        "    0.004 s |<-- 486 Busy Here (INVITE) ----|\n"
        "    0.505 s |<.. 486 Busy Here (INVITE) ....|\n"
        "    0.506 s |------------- ACK ------------>|\n"
        "  kept: failed/caller-heard.wav\n"
        "  kept: failed/run.pcap\n"
        "  kept: failed/run.log\n");
}

TEST_CASE("the closing table: columns in line, sums below") {
  const auto run = test::run_of({test::passed_scenario(), test::failed_scenario(failure_kind::time),
                                 test::flaky_scenario(), test::skipped_scenario()});
  CHECK(closing_table(run, {false, 100}) ==
        "passed   A caller to sales hears the sales prompt and is hung...   6.131 s  "
        "scenarios/ivr.yaml\n"
        "failed   The menu takes a digit: time                              6.131 s  "
        "scenarios/menu.yaml\n"
        "flaky    Barge-in stops the prompt (passed on try 2)               6.131 s  "
        "scenarios/barge-in.yaml\n"
        "skipped  A system outside answers (row 3): it calls sip:sales...         -  "
        "scenarios/outside.yaml\n"
        "\n"
        "4 scenarios: 1 passed, 1 failed, 1 flaky, 1 skipped in 18.4 s (seed 7)\n");
}

TEST_CASE("nothing is wider than asked for, in any language") {
  auto s = test::busy_scenario();
  s.name =
      "\u65e5\u672c\u8a9e\u306e\u540d\u524d \u65e5\u672c\u8a9e\u306e\u540d\u524d "
      "\u65e5\u672c\u8a9e\u306e\u540d\u524d \u65e5\u672c\u8a9e";
  const auto run = test::run_of({s, test::passed_scenario(), test::skipped_scenario()});
  for (const std::size_t width : {40U, 60U, 80U, 120U, 200U}) {
    const terminal_style style{false, width};
    INFO(width);
    for (const std::string& line : ladder_lines(s, 12, width)) CHECK(column_count(line) <= width);
    for (const std::string& line : lines_of(progress_line(s, style)))
      CHECK(column_count(line) <= width);
    CHECK(column_count(running_line(s.name, "row 1", style)) <= width);
    auto table = lines_of(closing_table(run, style));
    table.pop_back();  // the sums are a sentence
    for (const std::string& line : table) CHECK(column_count(line) <= width);
  }
}

TEST_CASE("a ladder with too many columns for its width names them in each line") {
  const auto s = test::busy_scenario();
  const auto narrow = ladder_lines(s, 3, 50);
  REQUIRE(narrow.size() == 4);
  CHECK(narrow[0] == "          (37 earlier)");
  CHECK(narrow[3] == "  5.850 s sales -> reception: 200 OK (REFER)");
  const auto wide = ladder_lines(s, 6, 120);
  REQUIRE(wide.size() == 8);
  const std::string& head = wide[1];
  CHECK(head.find("caller") < head.find("reception"));
  CHECK(head.find("reception") < head.find("sales"));
  CHECK(head.find("sales") < head.find("192.0.2.17:5060"));
  CHECK(head.find("192.0.2.17:5060") != std::string::npos);
}

TEST_CASE("colours only where they are asked for, and never those of a peer") {
  const auto run = test::run_of({test::hostile_scenario(), test::passed_scenario()});
  const auto plain = report_terminal(run, {false, 80}) + progress_line(run.scenarios[0], {});
  CHECK(std::none_of(plain.begin(), plain.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7f;
  }));
  CHECK(plain.find("\\x1b[31mred") != std::string::npos);
  const auto coloured = report_terminal(run, {true, 80});
  CHECK(coloured.find("\x1b[31m") != std::string::npos);
  CHECK(coloured.find("\x1b[31mred") == std::string::npos);
}

TEST_CASE("a long run's table tells what did not pass, and counts the rest") {
  std::vector<scenario::scenario_report> several(300, test::skipped_scenario());
  for (auto& s : several) s.result = scenario::verdict::passed;
  several[7] = test::failed_scenario(failure_kind::time);
  const auto table = lines_of(closing_table(test::run_of(several), {}));
  REQUIRE(table.size() == 3);
  CHECK(table[0].starts_with("failed   The menu takes a digit"));
  CHECK(table[2].starts_with("300 scenarios: 299 passed, 1 failed in "));
}
