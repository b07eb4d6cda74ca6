// `sipvoice completion`, `manual` and `schema`: the command line described for shells and for man,
// and the language of scenarios for editors.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "commands.hpp"
#include "completion.hpp"
#include "errors.hpp"
#include "manual.hpp"
#include "sipvoice/base/text.hpp"
#include "sipvoice/scenario/schema.hpp"

namespace sipvoice::app {
namespace {

int print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  if (std::fflush(stdout) != 0) throw system_failure("cannot write to stdout");
  return exit_code::ok;
}

int print_completion(const CLI::App& app, const std::string& shell) {
  if (shell == "bash") return print(bash_completion(app));
  if (shell == "zsh") return print(zsh_completion(app));
  if (shell == "fish") return print(fish_completion(app));
  if (shell.empty())
    throw usage_error(
        "completion needs a shell: bash, zsh or fish; try: source <(sipvoice completion bash)");
  throw usage_error("no completion for '" + printable(shell) + "'; there is bash, zsh and fish");
}

int print_manual(const CLI::App& app, const std::string& name) {
  if (name.empty()) return print(manual_of_program(app));
  const auto found = app.get_subcommands([&](const CLI::App* c) { return c->get_name() == name; });
  if (found.empty())
    throw usage_error("unknown command '" + printable(name) +
                      "'; 'sipvoice --help' lists the commands");
  return print(manual_of_command(*found.front()));
}

}  // namespace

command completion_command() {
  auto shell = std::make_shared<std::string>();
  return {"completion",
          "print the completion script of a shell: source <(sipvoice completion bash)",
          [shell](option_set& set) { set.positional("SHELL", *shell, "bash, zsh or fish"); },
          {},
          [shell](const CLI::App& app) { return print_completion(app, *shell); }};
}

command manual_command() {
  auto name = std::make_shared<std::string>();
  return {"manual",
          "print a manual page: sipvoice manual call | man -l -",
          [name](option_set& set) {
            set.positional("COMMAND", *name, "whose page; without it that of sipvoice as a whole");
          },
          {},
          [name](const CLI::App& app) { return print_manual(app, *name); }};
}

command schema_command() {
  return {"schema", "print the JSON schema of scenario files, for editors", [](option_set&) {},
          [] { return print(scenario::json_schema()); }};
}

}  // namespace sipvoice::app
