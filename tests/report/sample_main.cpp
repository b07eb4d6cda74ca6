// report_sample html|junit|json|terminal: writes the report of the sample run to stdout.
// report_sample html endless: of a run that has more of everything than fits.
#include <iostream>
#include <string>

#include "report/sample.hpp"
#include "sipvoice/report/html.hpp"
#include "sipvoice/report/json.hpp"
#include "sipvoice/report/junit.hpp"
#include "sipvoice/report/terminal.hpp"

int main(int count, char** words) {
  const std::string kind = count > 1 ? words[1] : "html";
  const bool endless = count > 2 && std::string(words[2]) == "endless";
  const auto run = endless ? test::run_of({test::endless_scenario()}) : test::sample_run();
  if (kind == "html") {
    std::cout << sipvoice::report::report_html(run);
  } else if (kind == "junit") {
    std::cout << sipvoice::report::report_junit(run);
  } else if (kind == "json") {
    std::cout << sipvoice::report::report_json(run);
  } else if (kind == "terminal") {
    std::cout << sipvoice::report::report_terminal(run, {count > 2, 100});
  } else {
    std::cerr << "html, junit, json or terminal\n";
    return 2;
  }
  return std::cout.flush() ? 0 : 1;
}
