// The page as text: well-formed, closed against what peers wrote, bounded. What a browser makes of
// it is in page_cases.py.
#include "sipvoice/report/html.hpp"

#include <algorithm>
#include <pugixml.hpp>
#include <set>

#include "report/sample.hpp"
#include "support/catch.hpp"

using namespace sipvoice;

namespace {

std::size_t count(const std::string& text, std::string_view what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

/// Without the two texts that are not HTML.
std::string markup(std::string page) {
  for (const char* name : {"style", "script"}) {
    const std::size_t from = page.find("<" + std::string(name) + ">") + std::strlen(name) + 2;
    page.erase(from, page.find("</" + std::string(name) + ">") - from);
  }
  return page;
}

struct ids : pugi::xml_tree_walker {
  std::set<std::string> names, targets;
  bool unique = true;
  bool for_each(pugi::xml_node& node) override {
    if (const auto id = node.attribute("id")) unique = names.insert(id.value()).second && unique;
    const std::string href = node.attribute("href").value();
    if (href.starts_with('#')) targets.insert(href.substr(1));
    return true;
  }
};

}  // namespace

TEST_CASE("the page nests as it should, its names are unique and its links lead somewhere") {
  const std::string page = markup(report::report_html(test::sample_run()));
  pugi::xml_document document;
  const auto done =
      document.load_buffer(page.data(), page.size(), pugi::parse_default | pugi::parse_doctype);
  INFO(done.description() << " at "
                          << page.substr(static_cast<std::size_t>(
                                             std::max<std::ptrdiff_t>(0, done.offset - 200)),
                                         400));
  REQUIRE(done);
  ids walker;
  document.traverse(walker);
  CHECK(walker.unique);
  for (const std::string& target : walker.targets) {
    INFO(target);
    CHECK(walker.names.contains(target));
  }
  CHECK(walker.names.contains("s8-m1"));
}

TEST_CASE("what a peer wrote is text of the page, never part of it") {
  const std::string page = report::report_html(test::run_of({test::hostile_scenario()}));
  CHECK(count(page, "<script") == 1);
  CHECK(count(page, "&lt;script&gt;") > 20);
  CHECK(count(page, "'owned'") == 0);
  CHECK(std::none_of(page.begin(), page.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t';
  }));
  CHECK(count(page, "nan") == 0);
  CHECK(count(page, "=\"inf") == 0);
}

TEST_CASE("the page names nothing outside of itself and has a policy that forbids it") {
  const std::string page = markup(report::report_html(test::sample_run()));
  CHECK(count(page, "default-src 'none'") == 1);
  CHECK(count(page, "style-src 'sha256-") == 1);
  CHECK(count(page, "script-src 'sha256-") == 1);
  CHECK(count(page, " src=") == 0);
  CHECK(count(page, " style=") == 0);
  CHECK(count(page, "href=\"") == count(page, "href=\"#") + count(page, "href=\"data:,\""));
}

TEST_CASE("the page stays small however much happened, and says what is left out") {
  auto one = test::endless_scenario();
  const std::string single = report::report_html(test::run_of({one}));
  CHECK(single.size() < 20'000'000);
  CHECK(count(single, "steps are not shown") > 0);
  CHECK(count(single, "later messages are not shown") == 1);
  std::vector<scenario::scenario_report> several(100, one);
  const std::string page = report::report_html(test::run_of(several));
  CHECK(page.size() < 20'000'000);
  CHECK(count(page, "<details") == 100);
  CHECK(count(page, "left out of this page") > 0);
}

TEST_CASE("a page of thousands of rows lists them and draws those that failed") {
  std::vector<scenario::scenario_report> several(12'000, test::skipped_scenario());
  for (auto& s : several) s.result = scenario::verdict::passed;
  several.back() = test::failed_scenario(scenario::failure_kind::time);
  const std::string page = report::report_html(test::run_of(several));
  CHECK(page.size() < 20'000'000);
  CHECK(count(page, "id=\"s12000\"") == 1);
  CHECK(count(page, "more scenarios are not listed") == 1);
}

TEST_CASE("a run of nothing is a page too") {
  CHECK(count(report::report_html({}), "</html>") == 1);
  CHECK(count(report::report_html(test::run_of({{}})), "</html>") == 1);
}
