// The command line: commands, their options, help, and what is said about mistakes. CLI11 stands
// behind it in one file; every value arrives as text and is checked by values.hpp, so that each
// error is one line of ours.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace sipvoice::app {

/// Declares the options of one command. `names`: "--play", "-o,--output". `type`: as help shows it.
class option_set {
 public:
  explicit option_set(CLI::App& app) : app_(app) {}

  void group(std::string name) { group_ = std::move(name); }
  /// Given twice: the last one holds.
  void value(const std::string& names, const std::string& type, std::string& target,
             const std::string& help);
  /// With or without a value, which stands behind '='; without: `if_alone`.
  void optional_value(const std::string& names, const std::string& type, std::string& target,
                      const std::string& if_alone, const std::string& help);
  /// May be repeated; one value each time.
  void list(const std::string& names, const std::string& type, std::vector<std::string>& target,
            const std::string& help);
  /// Two lists or more whose items belong together: `order` gets the option's name ("--play") for
  /// each item, as they stood on the command line.
  void order_of(const std::vector<std::string>& names, std::vector<std::string>& order);
  void flag(const std::string& names, bool& target, const std::string& help);
  void positional(const std::string& name, std::string& target, const std::string& help);
  void positionals(const std::string& name, std::vector<std::string>& target,
                   const std::string& help);

 private:
  CLI::App& app_;
  std::string group_ = "Options";
};

struct command {
  std::string name;
  std::string summary;
  std::function<void(option_set&)> declare;
  std::function<int()> run;  ///< the exit code; throws usage_error and system_failure
  /// In place of `run`, of commands that print what the command line itself holds.
  std::function<int(const CLI::App&)> describe = {};
};

/// Parses, runs the command that was named, and returns the exit code. Nothing is thrown.
int run_command_line(int argc, char** argv, const std::vector<command>& commands);

}  // namespace sipvoice::app
