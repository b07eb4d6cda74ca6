// `sipvoice check`: validates files without opening a socket.
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "commands.hpp"
#include "errors.hpp"
#include "route_source.hpp"

namespace sipvoice::app {
namespace {

/// A scenario begins with keys that no routes file has.
bool looks_like_scenario(const std::string& file) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("scenario:") || line.starts_with("parties:")) return true;
  }
  return false;
}

int run(const std::vector<std::string>& files) {
  if (files.empty()) throw usage_error("check needs a file: sipvoice check routes.yaml");
  std::vector<session::mistake> mistakes;
  for (const std::string& file : files) {
    if (looks_like_scenario(file)) {
      mistakes.push_back({file, 0, 0, "this is a scenario; this version checks routes files only"});
      continue;
    }
    const std::size_t before = mistakes.size();
    static_cast<void>(load_routes({file, {}, {}}, mistakes));
    if (mistakes.size() == before) std::printf("%s: ok\n", file.c_str());
  }
  if (mistakes.empty()) return exit_code::ok;
  std::fprintf(stderr, "%s\n", to_lines(mistakes).c_str());
  return exit_code::usage;
}

}  // namespace

command check_command() {
  auto files = std::make_shared<std::vector<std::string>>();
  return {"check", "validate routes files without opening a socket",
          [files](option_set& set) { set.positionals("PATH", *files, "routes files (YAML)"); },
          [files] { return run(*files); }};
}

}  // namespace sipvoice::app
