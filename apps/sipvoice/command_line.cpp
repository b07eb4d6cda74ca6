#include "command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <set>

#include "config_file.hpp"
#include "errors.hpp"
#include "sipvoice/base/text.hpp"

namespace sipvoice::app {
namespace {

CLI::Option* named(CLI::App& app, const std::string& long_name) {
  return app.get_option_no_throw("--" + long_name);
}

CLI::App* subcommand(CLI::App& app, const std::string& name) {
  const auto found = app.get_subcommands([&](CLI::App* sub) { return sub->get_name() == name; });
  return found.empty() ? nullptr : found.front();
}

std::vector<std::string> long_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back(name);
  }
  return names;
}

std::string suggestion(std::string_view word, const std::vector<std::string>& known,
                       const std::string& prefix) {
  const std::vector<std::string_view> views(known.begin(), known.end());
  const std::string_view near = nearest_word(word, views);
  return near.empty() ? std::string() : "; did you mean " + prefix + std::string(near) + "?";
}

/// "--plya=x" -> "plya".
std::string bare_name(std::string_view argument) {
  while (argument.starts_with('-')) argument.remove_prefix(1);
  return std::string(argument.substr(0, argument.find('=')));
}

/// Takes --config FILE out of the arguments, wherever it stands.
std::string take_config(std::vector<std::string>& arguments) {
  std::string file;
  for (auto at = arguments.begin(); at != arguments.end();) {
    if (at->starts_with("--config=")) {
      file = at->substr(9);
      at = arguments.erase(at);
    } else if (*at == "--config") {
      if (at + 1 == arguments.end()) throw usage_error("--config needs a FILE");
      file = *(at + 1);
      at = arguments.erase(at, at + 2);
    } else {
      ++at;
    }
  }
  return file;
}

bool given(const CLI::Option& option, const std::vector<std::string>& arguments) {
  return std::any_of(arguments.begin(), arguments.end(), [&](const std::string& argument) {
    for (const std::string& name : option.get_lnames()) {
      if (argument == "--" + name || argument.starts_with("--" + name + "=")) return true;
    }
    for (const std::string& name : option.get_snames()) {
      if (argument.starts_with("-" + name)) return true;
    }
    return false;
  });
}

[[noreturn]] void fail_at(const std::string& file, const config_item& item,
                          const std::string& what) {
  throw usage_error(file + ":" + std::to_string(item.line) + ":" + std::to_string(item.column) +
                    ": " + what);
}

/// One item of the options file as arguments; nothing when it belongs to other commands.
std::vector<std::string> arguments_of(const config_item& item, const std::string& file,
                                      CLI::App& app, CLI::App& chosen,
                                      const std::vector<std::string>& user) {
  if (!item.section.empty()) {
    const CLI::App* section = subcommand(app, item.section);
    if (section == nullptr) fail_at(file, item, "unknown section [" + item.section + "]");
    if (section != &chosen) return {};
  }
  const CLI::Option* option = named(chosen, item.key);
  if (option == nullptr) {
    const auto others = app.get_subcommands([&](CLI::App* other) {
      return item.section.empty() && named(*other, item.key) != nullptr;
    });
    if (!others.empty()) return {};
    fail_at(file, item,
            "unknown option '" + item.key + "'" + suggestion(item.key, long_names(chosen), ""));
  }
  if (given(*option, user)) return {};
  std::vector<std::string> arguments;
  const bool is_flag = option->get_type_size() == 0;
  const bool takes_value = is_flag && !option->get_type_name().empty();
  for (const std::string& value : item.values) {
    if (!is_flag || (takes_value && value != "true" && value != "false")) {
      arguments.push_back("--" + item.key + "=" + value);
    } else if (value == "true") {
      arguments.push_back("--" + item.key);
    } else if (value != "false") {
      fail_at(file, item, "'" + item.key + "' is true or false, not '" + value + "'");
    }
  }
  return arguments;
}

/// What the command line does not say itself is taken from the file: first what stands in the
/// command's own section, then what holds for all.
std::vector<std::string> with_config(std::vector<std::string> user, const std::string& file,
                                     CLI::App& app) {
  const auto items = read_config(file);
  const auto word = std::find_if(user.begin(), user.end(),
                                 [](const std::string& a) { return !a.starts_with('-'); });
  CLI::App* chosen = word != user.end() ? subcommand(app, *word) : nullptr;
  if (chosen == nullptr) return user;
  std::vector<std::string> added;
  std::set<std::string> in_section;
  for (const config_item& item : items) {
    if (!item.section.empty()) in_section.insert(item.section + "." + item.key);
  }
  for (const config_item& item : items) {
    const auto more = arguments_of(item, file, app, *chosen, user);
    const bool hidden =
        item.section.empty() && in_section.contains(chosen->get_name() + "." + item.key);
    if (!hidden) added.insert(added.end(), more.begin(), more.end());
  }
  user.insert(word + 1, added.begin(), added.end());
  return user;
}

[[noreturn]] void refuse_extra(const std::string& extra, const CLI::App& app,
                               const CLI::App* chosen) {
  if (chosen == nullptr && !extra.starts_with('-')) {
    std::vector<std::string> names;
    for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
      names.push_back(sub->get_name());
    }
    const std::string near = suggestion(extra, names, "");
    throw usage_error("unknown command '" + printable(extra) + "'" +
                      (near.empty() ? "; 'sipvoice --help' lists the commands" : near));
  }
  const CLI::App& place = chosen != nullptr ? *chosen : app;
  const std::string help =
      "; '" + (chosen != nullptr ? "sipvoice " + chosen->get_name() : std::string("sipvoice")) +
      " --help' lists the options";
  if (!extra.starts_with('-')) {
    throw usage_error("unexpected argument '" + printable(extra) + "'" + help);
  }
  const std::string near = suggestion(bare_name(extra), long_names(place), "--");
  throw usage_error("unknown option " + printable(extra.substr(0, extra.find('='))) +
                    (near.empty() ? help : near));
}

/// CLI11's sentence about a value, as one line of ours.
std::string explain(const CLI::ParseError& e) {
  std::string what = e.what();
  what = what.substr(0, what.find('\n'));
  const std::size_t colon = what.find(':');
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&e) != nullptr && colon != std::string::npos) {
    return what.substr(0, colon) + " needs a value";
  }
  return what;
}

int execute(CLI::App& app, const std::vector<command>& commands,
            std::vector<std::string> arguments) {
  const std::string config = take_config(arguments);
  if (!config.empty()) arguments = with_config(std::move(arguments), config, app);
  std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the end
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::Success& e) {  // --help, --version
    return app.exit(e, std::cout, std::cerr);
  } catch (const CLI::ParseError& e) {
    throw usage_error(explain(e));
  }
  const auto chosen = app.get_subcommands();
  const CLI::App* sub = chosen.empty() ? nullptr : chosen.front();
  const auto extras = app.remaining(true);
  if (!extras.empty()) refuse_extra(extras.front(), app, sub);
  if (sub == nullptr) {
    std::cout << app.help();
    return exit_code::usage;
  }
  const auto found = std::find_if(commands.begin(), commands.end(),
                                  [&](const command& c) { return c.name == sub->get_name(); });
  return found->describe ? found->describe(app) : found->run();
}

/// A line for each mistake.
void complain(std::string_view lines) {
  while (!lines.empty()) std::cerr << "sipvoice: " << take_until(lines, '\n') << '\n';
}

}  // namespace

void option_set::value(const std::string& names, const std::string& type, std::string& target,
                       const std::string& help) {
  app_.add_option(names, target, help)
      ->type_name(type)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
      ->group(group_);
}

void option_set::optional_value(const std::string& names, const std::string& type,
                                std::string& target, const std::string& if_alone,
                                const std::string& help) {
  // A flag for CLI11: the next argument is never its value.
  app_.add_flag(names + "{" + if_alone + "}", target, help)
      ->type_name(type)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
      ->group(group_);
}

void option_set::list(const std::string& names, const std::string& type,
                      std::vector<std::string>& target, const std::string& help) {
  app_.add_option(names, target, help)->type_name(type)->allow_extra_args(false)->group(group_);
}

void option_set::order_of(const std::vector<std::string>& names, std::vector<std::string>& order) {
  app_.parse_complete_callback([app = &app_, names, &order] {
    order.clear();
    for (const CLI::Option* option : app->parse_order()) {
      const std::string name = option->get_name();
      if (std::find(names.begin(), names.end(), name) != names.end()) order.push_back(name);
    }
  });
}

void option_set::flag(const std::string& names, bool& target, const std::string& help) {
  app_.add_flag(names, target, help)->group(group_);
}

void option_set::positional(const std::string& name, std::string& target, const std::string& help) {
  app_.add_option(name, target, help)->type_name("");
}

void option_set::positionals(const std::string& name, std::vector<std::string>& target,
                             const std::string& help) {
  app_.add_option(name, target, help)->type_name("");
}

int run_command_line(int argc, char** argv, const std::vector<command>& commands) {
  CLI::App app{"SIP voice: answer, place, record and prove calls", "sipvoice"};
  app.get_formatter()->column_width(34);
  app.set_version_flag("--version", "sipvoice " SIPVOICE_VERSION, "print the version and exit");
  app.set_help_flag("--help,-h", "print this help and exit");
  std::string config;  // only for the help: it is taken out before CLI11 sees it
  app.add_option("--config", config, "options file: 'option = value' lines, [command] sections")
      ->type_name("FILE");
  app.allow_extras();
  app.require_subcommand(0, 1);
  for (const command& c : commands) {
    CLI::App* sub = app.add_subcommand(c.name, c.summary);
    sub->allow_extras();
    option_set options(*sub);
    c.declare(options);
  }
  try {
    return execute(app, commands, {argv + 1, argv + argc});
  } catch (const usage_error& e) {
    complain(e.what());
    return exit_code::usage;
  } catch (const std::exception& e) {
    complain(e.what());
    return exit_code::system;
  }
}

}  // namespace sipvoice::app
