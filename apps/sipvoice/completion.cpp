#include "completion.hpp"

#include <algorithm>

#include "option_words.hpp"

namespace sipvoice::app {
namespace {

std::string joined(const std::vector<std::string>& words, const std::string& between) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : between) + word;
  return out;
}

std::string single_quoted(const std::string& text) {
  return "'" + replaced(text, "'", "'\\''") + "'";
}

bool takes_files(const CLI::App& command) {
  const auto positionals = positionals_of(command);
  return std::any_of(positionals.begin(), positionals.end(), [](const CLI::Option* p) {
    return p->get_name() == "PATH" || p->get_name() == "FILE";
  });
}

/// The cases of one command: what may stand behind the word before.
std::string bash_values(const CLI::App& app) {
  const std::string& command = app.get_parent() != nullptr ? app.get_name() : std::string();
  std::string cases;
  for (const option_words& w : options_of(app, nullptr)) {
    if (w.kind == value_kind::none || w.kind == value_kind::free_or_none) continue;
    std::vector<std::string> patterns;
    for (const std::string& name : w.names) patterns.push_back(command + ":" + name);
    cases += "    " + joined(patterns, "|") + ") ";
    if (w.kind == value_kind::words)
      cases += "_sipvoice_words '" + joined(w.words, " ") + "'; return ;;\n";
    else
      cases += w.kind == value_kind::file ? "_sipvoice_files; return ;;\n" : "return ;;\n";
  }
  return cases;
}

std::string bash_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const option_words& w : options_of(app, nullptr))
    names.insert(names.end(), w.names.begin(), w.names.end());
  return joined(names, " ");
}

/// A long name may have its value behind '=' or as the next word ("="); with "=-" only behind '='.
std::string zsh_spec(const option_words& w) {
  const std::string type = replaced(w.type, ":", "\\:");
  std::string equals = "=", action;
  switch (w.kind) {
    case value_kind::none:
      equals.clear();
      break;
    case value_kind::words:
      action = ":" + type + ":(" + joined(w.words, " ") + ")";
      break;
    case value_kind::file:
      action = ":" + type + ":_files";
      break;
    case value_kind::free:
      action = ":" + type + ": ";
      break;
    case value_kind::free_or_none:
      equals = "=-";
      action = "::" + type + ": ";
      break;
  }
  const std::string help =
      replaced(replaced(replaced(w.help, "\\", "\\\\"), "[", "\\["), "]", "\\]");
  std::string specs;
  for (const std::string& name : w.names) {
    const std::string option =
        (w.repeatable ? "*" : "") + name + (name.starts_with("--") ? equals : "");
    specs += " \\\n        " + single_quoted(option + "[" + help + "]" + action);
  }
  return specs;
}

std::string fish_line(const std::string& condition, const option_words& w) {
  std::string line = "complete -c sipvoice -n " + single_quoted(condition);
  for (const std::string& name : w.names)
    line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  if (w.kind == value_kind::words)
    line += " -x -a '" + joined(w.words, " ") + "'";
  else if (w.kind == value_kind::file)
    line += " -r -F";
  else if (w.kind == value_kind::free)
    line += " -x";
  return line + " -d " + single_quoted(replaced(w.help, "\\", "\\\\")) + "\n";
}

}  // namespace

std::string bash_completion(const CLI::App& app) {
  std::vector<std::string> names;
  std::string values = bash_values(app), options, with_files;
  for (const CLI::App* command : commands_of(app)) {
    names.push_back(command->get_name());
    values += bash_values(*command);
    options += "    " + command->get_name() + ") options='" + bash_names(*command) + "' ;;\n";
    if (takes_files(*command)) with_files += (with_files.empty() ? "" : "|") + command->get_name();
  }
  std::string script =
      "# Completion of sipvoice " SIPVOICE_VERSION
      " for bash: source it.\n"
      "_sipvoice_words() { mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$current\"); }\n"
      "_sipvoice_files() {\n"
      "  compopt -o filenames 2>/dev/null\n"
      "  mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
      "}\n"
      "_sipvoice() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
      "  local command='' word options=''\n"
      "  COMPREPLY=()\n"
      "  # '=' is a word of its own here.\n"
      "  if [[ $current == '=' ]]; then current=''\n"
      "  elif [[ $before == '=' ]]; then before=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
      "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
      "    case $word in " +
      joined(names, "|") +
      ") command=$word; break ;; esac\n"
      "  done\n"
      "  case $command:$before in\n" +
      values +
      "  esac\n"
      "  case $command in\n"
      "    '') options='" +
      bash_names(app) + " " + joined(names, " ") + "' ;;\n" + options + "  esac\n";
  if (!with_files.empty()) {
    script += "  if [[ $current != -* ]]; then\n    case $command in " + with_files +
              ") _sipvoice_files; return ;; esac\n  fi\n";
  }
  return script +
         "  _sipvoice_words \"$options\"\n"
         "}\n"
         "complete -F _sipvoice sipvoice\n";
}

std::string zsh_completion(const CLI::App& app) {
  std::string commands, cases;
  for (const CLI::App* command : commands_of(app)) {
    commands +=
        "    " + single_quoted(command->get_name() + ":" + command->get_description()) + "\n";
    cases += "      " + command->get_name() + ")\n        _arguments -S";
    for (const option_words& w : options_of(*command, nullptr)) cases += zsh_spec(w);
    for (const CLI::Option* p : positionals_of(*command)) {
      const bool several = p->get_expected_max() > 1;
      cases += " \\\n        '" + std::string(several ? "*" : "1") + ":" + p->get_name() + ":" +
               (takes_files(*command) ? "_files" : " ") + "'";
    }
    cases += " ;;\n";
  }
  std::string script =
      "#compdef sipvoice\n"
      "# Completion of sipvoice " SIPVOICE_VERSION
      " for zsh: a file _sipvoice in a folder of $fpath.\n"
      "_sipvoice() {\n"
      "  local curcontext=$curcontext state line\n"
      "  typeset -A opt_args\n"
      "  local -a commands=(\n" +
      commands +
      "  )\n"
      "  _arguments -C -S";
  for (const option_words& w : options_of(app, nullptr)) script += zsh_spec(w);
  return script +
         " \\\n        '1:command:->command' '*::arguments:->arguments'\n"
         "  case $state in\n"
         "  command) _describe command commands ;;\n"
         "  arguments)\n"
         "    curcontext=${curcontext%:*}-$line[1]:\n"
         "    case $line[1] in\n" +
         cases +
         "    esac ;;\n"
         "  esac\n"
         "}\n"
         "if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _sipvoice \"$@\"\n"
         "else compdef _sipvoice sipvoice; fi\n";
}

std::string fish_completion(const CLI::App& app) {
  std::string script = "# Completion of sipvoice " SIPVOICE_VERSION
                       " for fish: source it.\n"
                       "complete -c sipvoice -f\n";
  for (const CLI::App* command : commands_of(app)) {
    script += "complete -c sipvoice -n __fish_use_subcommand -a " + command->get_name() + " -d " +
              single_quoted(command->get_description()) + "\n";
  }
  for (const option_words& w : options_of(app, nullptr))
    script += fish_line("__fish_use_subcommand", w);
  for (const CLI::App* command : commands_of(app)) {
    const std::string seen = "__fish_seen_subcommand_from " + command->get_name();
    for (const option_words& w : options_of(*command, nullptr)) script += fish_line(seen, w);
    if (takes_files(*command)) script += "complete -c sipvoice -n " + single_quoted(seen) + " -F\n";
  }
  return script;
}

}  // namespace sipvoice::app
