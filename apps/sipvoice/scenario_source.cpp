#include "scenario_source.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "errors.hpp"
#include "sipvoice/base/text.hpp"
#include "text_file.hpp"

namespace sipvoice::app {
namespace {

namespace fs = std::filesystem;

scenario::surroundings surroundings_of(const std::map<std::string, std::string>& variables) {
  return {is_file, variables, [](const std::string& name) -> std::optional<std::string> {
            const char* value = std::getenv(name.c_str());
            if (value == nullptr) return std::nullopt;
            return value;
          }};
}

}  // namespace

bool looks_like_scenario(const std::string& file) {
  std::string text, error;
  if (!read_text_file(file, scenario::max_yaml_bytes, text, error)) return false;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = take_until(rest, '\n');
    if (line.starts_with("routes:") || line.starts_with("\"routes\":")) return false;
  }
  return true;  // what it is not is said by whoever reads it
}

std::vector<std::string> files_of(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return {path};
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(
           path, fs::directory_options::skip_permission_denied, error)) {
    const std::string extension = entry.path().extension().string();
    if (entry.is_regular_file(error) && (extension == ".yaml" || extension == ".yml"))
      files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  if (files.empty()) throw usage_error(path + ": no *.yaml in this folder");
  return files;
}

std::map<std::string, std::string> to_variables(const std::vector<std::string>& given) {
  std::map<std::string, std::string> variables;
  for (const std::string& one : given) {
    const std::size_t equals = one.find('=');
    if (equals == std::string::npos || equals == 0)
      throw usage_error("--var is NAME=VALUE, not '" + printable(one) + "'");
    variables[one.substr(0, equals)] = one.substr(equals + 1);
  }
  return variables;
}

void load_scenario(const std::string& file, const std::map<std::string, std::string>& variables,
                   std::vector<scenario::document>& documents,
                   std::vector<session::mistake>& mistakes) {
  std::string text, error;
  if (!read_text_file(file, scenario::max_yaml_bytes, text, error)) {
    mistakes.push_back({file, 0, 0, error});
    return;
  }
  auto read = scenario::read_document(text, file, surroundings_of(variables), mistakes);
  if (read) documents.push_back(std::move(*read));
}

}  // namespace sipvoice::app
