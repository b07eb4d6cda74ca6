#include "option_words.hpp"

#include <algorithm>

#include "sipvoice/base/text.hpp"

namespace sipvoice::app {
namespace {

/// "udp|tcp|tls" is a choice, "FILE|-" is not: what the user fills in is written in capitals.
bool is_choice(const std::string& type) {
  return type.find('|') != std::string::npos &&
         std::none_of(type.begin(), type.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

}  // namespace

option_words words_of(const CLI::Option& option) {
  option_words w;
  for (const std::string& name : option.get_snames()) w.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) w.names.push_back("--" + name);
  w.type = option.get_type_name();
  w.help = option.get_description();
  w.repeatable = option.get_expected_max() > 1;
  if (w.type.empty()) return w;
  if (option.get_type_size() == 0) {
    w.kind = value_kind::free_or_none;
  } else if (is_choice(w.type)) {
    w.kind = value_kind::words;
    for (std::string_view rest = w.type; !rest.empty();)
      w.words.emplace_back(take_until(rest, '|'));
  } else {
    w.kind = w.type.starts_with("FILE") ? value_kind::file : value_kind::free;
  }
  return w;
}

std::vector<option_words> options_of(const CLI::App& app, const std::string* group) {
  std::vector<option_words> all;
  for (const CLI::Option* option : app.get_options()) {
    if (option->nonpositional() && (group == nullptr || option->get_group() == *group))
      all.push_back(words_of(*option));
  }
  return all;
}

std::vector<const CLI::Option*> positionals_of(const CLI::App& app) {
  return app.get_options([](const CLI::Option* option) { return option->get_positional(); });
}

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
  return text;
}

}  // namespace sipvoice::app
