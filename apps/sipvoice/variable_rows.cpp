#include "variable_rows.hpp"

#include <set>

#include "errors.hpp"
#include "sipvoice/base/text.hpp"

namespace sipvoice::app {
namespace {

struct reader {
  std::string_view rest;
  const std::string& file;
  int line = 1;

  [[noreturn]] void fail(const std::string& what) const {
    throw usage_error(file + ":" + std::to_string(line) + ": " + what);
  }
  /// One record.
  std::vector<std::string> record() {
    std::vector<std::string> fields;
    std::string field;
    bool quoted = false;
    while (!rest.empty()) {
      const char c = rest.front();
      rest.remove_prefix(1);
      if (c == '\n') ++line;
      if (quoted) {
        if (c != '"') {
          field += c;
        } else if (rest.starts_with('"')) {
          field += '"';
          rest.remove_prefix(1);
        } else {
          quoted = false;
        }
      } else if (c == '"' && field.empty()) {
        quoted = true;
      } else if (c == ',') {
        fields.push_back(std::move(field));
        field.clear();
      } else if (c == '\n') {
        break;
      } else if (c != '\r') {
        field += c;
      }
    }
    if (quoted) fail("a quoted value has no end; a '\"' inside one is written twice");
    fields.push_back(std::move(field));
    return fields;
  }
};

}  // namespace

std::vector<std::map<std::string, std::string>> parse_variable_rows(std::string_view text,
                                                                    const std::string& file) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // spreadsheets begin so
  reader in{text, file};
  const std::vector<std::string> names = in.record();
  std::set<std::string> unique;
  for (const std::string& name : names) {
    if (name.empty() || !unique.insert(name).second)
      throw usage_error(file + ":1: the first line names the variables, each once: '" +
                        printable(name) + "'");
  }
  std::vector<std::map<std::string, std::string>> rows;
  while (!in.rest.empty()) {
    const int line = in.line;
    const bool empty = in.rest.starts_with('\n') || in.rest.starts_with("\r\n");
    const std::vector<std::string> values = in.record();
    if (empty) continue;
    if (values.size() != names.size())
      throw usage_error(file + ":" + std::to_string(line) + ": " + std::to_string(values.size()) +
                        " values for " + std::to_string(names.size()) + " variables");
    if (rows.size() >= max_variable_rows)
      throw usage_error(file + ": more than " + std::to_string(max_variable_rows) + " rows");
    auto& row = rows.emplace_back();
    for (std::size_t i = 0; i < names.size(); ++i) row[names[i]] = values[i];
  }
  if (rows.empty()) throw usage_error(file + ": no row of values below the names");
  return rows;
}

}  // namespace sipvoice::app
