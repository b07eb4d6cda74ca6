#include "sipvoice/report/junit.hpp"

#include <algorithm>
#include <map>
#include <pugixml.hpp>
#include <string_view>
#include <vector>

#include "sipvoice/report/failure_text.hpp"
#include "sipvoice/report/text.hpp"
#include "sipvoice/session/events.hpp"

namespace sipvoice::report {
namespace {

using scenario::scenario_report;
using scenario::verdict;

constexpr std::size_t text_width = 100;

void set(pugi::xml_node node, const char* name, const std::string& value) {
  node.append_attribute(name).set_value(value.c_str());
}

void add_text(pugi::xml_node node, const char* name, const std::string& text) {
  node.append_child(name).append_child(pugi::node_pcdata).set_value(text.c_str());
}

/// Schemas want seconds with at most three digits between commas: none are written.
std::string seconds(double ms) { return fixed(std::max(0.0, ms) / 1000, 3); }

/// "scenarios.ivr" of "scenarios/ivr.yaml": the tools cut it into package and class at its dots.
std::string class_name(const std::string& file) {
  std::string name = file;
  const std::size_t dot = name.find_last_of("./");
  if (dot != std::string::npos && dot > 0 && name[dot] == '.') name.resize(dot);
  while (name.starts_with("./") || name.starts_with("../")) name.erase(0, name.find('/') + 1);
  if (name.starts_with('/')) name.erase(0, 1);
  std::replace(name.begin(), name.end(), '.', '_');
  std::replace(name.begin(), name.end(), '/', '.');
  return readable(name);
}

struct tally {
  std::size_t tests = 0, failures = 0, skipped = 0;
  double ms = 0;
  void add(const scenario_report& s) {
    ++tests;
    failures += s.result == verdict::failed ? 1 : 0;
    skipped += s.result == verdict::skipped ? 1 : 0;
    ms += s.duration_ms;
  }
  void write(pugi::xml_node node) const {
    set(node, "tests", std::to_string(tests));
    set(node, "failures", std::to_string(failures));
    set(node, "errors", "0");
    set(node, "time", seconds(ms));
  }
};

void add_failure(pugi::xml_node test, const scenario_report& s) {
  pugi::xml_node failure = test.append_child("failure");
  set(failure, "type", s.failure ? scenario::name_of(s.failure->kind) : "failed");
  set(failure, "message", failure_in_a_line(s));
  std::string text = "\n";
  for (const std::string& line : failure_lines(s, text_width)) text += line + "\n";
  failure.append_child(pugi::node_pcdata).set_value(text.c_str());
}

void add_case(pugi::xml_node suite, const scenario_report& s) {
  pugi::xml_node test = suite.append_child("testcase");
  set(test, "name", title_of(s));
  set(test, "classname", class_name(s.file));
  set(test, "time", seconds(s.duration_ms));
  switch (s.result) {
    case verdict::failed:
      add_failure(test, s);
      break;
    case verdict::skipped:
      set(test.append_child("skipped"), "message", readable(s.skipped_because));
      break;
    case verdict::flaky:
      add_text(test, "system-out",
               "flaky: passed on try " + std::to_string(s.tries) + "\n" +
                   (s.failure ? "before: " + failure_in_a_line(s) + "\n" : std::string()));
      break;
    case verdict::passed:
      break;
  }
}

struct into_string : pugi::xml_writer {
  std::string text;
  void write(const void* data, std::size_t size) override {
    text.append(static_cast<const char*>(data), size);
  }
};

}  // namespace

std::string report_junit(const scenario::run_report& run) {
  // By file, in the order in which the files first came.
  std::vector<std::vector<const scenario_report*>> files;
  std::map<std::string, std::size_t> index;
  tally all;
  for (const scenario_report& s : run.scenarios) {
    const auto [place, is_new] = index.try_emplace(s.file, files.size());
    if (is_new) files.emplace_back();
    files[place->second].push_back(&s);
    all.add(s);
  }
  // "2024-02-29T12:34:56": the schema of some has no fraction and no zone.
  const std::string started = session::format_time(run.started).substr(0, 19);

  pugi::xml_document document;
  pugi::xml_node declaration = document.append_child(pugi::node_declaration);
  set(declaration, "version", "1.0");
  set(declaration, "encoding", "UTF-8");
  pugi::xml_node root = document.append_child("testsuites");
  set(root, "name", "sipvoice");
  all.write(root);
  for (const auto& several : files) {
    tally of_file;
    for (const scenario_report* s : several) of_file.add(*s);
    pugi::xml_node suite = root.append_child("testsuite");
    set(suite, "name", readable(several.front()->file));
    of_file.write(suite);
    set(suite, "skipped", std::to_string(of_file.skipped));
    set(suite, "timestamp", started);
    set(suite, "file", readable(several.front()->file));
    for (const scenario_report* s : several) add_case(suite, *s);
  }
  into_string out;
  document.save(out, " ", pugi::format_indent, pugi::encoding_utf8);
  return out.text;
}

}  // namespace sipvoice::report
