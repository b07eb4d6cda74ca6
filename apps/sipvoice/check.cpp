// `sipvoice check`: validates files without opening a socket.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "commands.hpp"
#include "errors.hpp"
#include "route_source.hpp"
#include "scenario_source.hpp"

namespace sipvoice::app {
namespace {

struct check_options {
  std::vector<std::string> paths, variables;
};

int run(const check_options& o) {
  if (o.paths.empty()) throw usage_error("check needs a file: sipvoice check routes.yaml");
  const auto variables = to_variables(o.variables);
  std::vector<session::mistake> mistakes;
  std::vector<scenario::document> documents;
  for (const std::string& path : o.paths) {
    for (const std::string& file : files_of(path)) {
      const std::size_t before = mistakes.size();
      if (looks_like_scenario(file))
        load_scenario(file, variables, documents, mistakes);
      else
        static_cast<void>(load_routes({file, {}, {}}, mistakes));
      if (mistakes.size() == before) std::printf("%s: ok\n", file.c_str());
    }
  }
  if (mistakes.empty()) return exit_code::ok;
  std::fprintf(stderr, "%s\n", to_lines(mistakes).c_str());
  return exit_code::usage;
}

}  // namespace

command check_command() {
  auto o = std::make_shared<check_options>();
  return {"check", "validate scenario and routes files without opening a socket",
          [o](option_set& set) {
            set.positionals("PATH", o->paths,
                            "scenario and routes files (YAML), or folders of them");
            set.list("--var", "NAME=VALUE", o->variables,
                     "a variable of scenarios, ${NAME}; repeatable (default: those of the file, "
                     "then the environment)");
          },
          [o] { return run(*o); }};
}

}  // namespace sipvoice::app
