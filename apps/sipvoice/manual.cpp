// man(7): a line that begins with '.' or ''' is a request, '\' begins an escape, and a plain '-'
// may come out as a hyphen that nobody can paste into a shell.
#include "manual.hpp"

#include <algorithm>

#include "option_words.hpp"
#include "sipvoice/base/text.hpp"

namespace sipvoice::app {
namespace {

std::string escaped(const std::string& text) {
  std::string out = replaced(replaced(text, "\\", "\\e"), "-", "\\-");
  if (out.starts_with('.') || out.starts_with('\'')) out.insert(0, "\\&");
  return replaced(replaced(out, "\n.", "\n\\&."), "\n'", "\n\\&'");
}
std::string bold(const std::string& text) { return "\\fB" + escaped(text) + "\\fR"; }
std::string italic(const std::string& text) { return "\\fI" + escaped(text) + "\\fR"; }

std::string upper(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

/// No date: the same sources make the same page.
std::string head(const std::string& name) {
  return ".\\\" Made from the definitions of the command line.\n.TH " + upper(escaped(name)) +
         " 1 \"\" \"sipvoice " SIPVOICE_VERSION "\" \"User Commands\"\n";
}

std::string section(const std::string& title) { return ".SH " + upper(escaped(title)) + "\n"; }

std::string entry(const option_words& w) {
  std::string names;
  for (const std::string& name : w.names) names += (names.empty() ? "" : ", ") + bold(name);
  if (w.kind == value_kind::free_or_none)
    names += "[=" + italic(w.type) + "]";
  else if (!w.type.empty())
    names += " " + italic(w.type);
  return ".TP\n" + names + "\n" + escaped(w.help) + "\n";
}

std::string exit_codes() {
  return section("Exit status") +
         ".TP\n\\fB0\\fR\neverything asked for happened\n"
         ".TP\n\\fB1\\fR\na call or a scenario did not do what was expected\n"
         ".TP\n\\fB2\\fR\nbad usage or a bad file: nothing was started\n"
         ".TP\n\\fB3\\fR\ncould not start or go on: port in use, no audio device, no permission, "
         "disk full\n"
         ".TP\n\\fB130\\fR, \\fB143\\fR\nkilled by the second interrupt\n";
}

}  // namespace

std::string manual_of_program(const CLI::App& app) {
  std::string page = head("sipvoice");
  page += section("Name") + "sipvoice \\- " + escaped(app.get_description()) + "\n";
  page += section("Synopsis") + bold("sipvoice") + " [" + italic("OPTIONS") + "] " +
          italic("COMMAND") + " [" + italic("OPTIONS OF THE COMMAND") + "]\n";
  page += section("Commands");
  for (const CLI::App* command : commands_of(app)) {
    page += ".TP\n" + bold(command->get_name()) + "\n" + escaped(command->get_description()) +
            "; see\n.BR " + escaped("sipvoice-" + command->get_name()) + " (1)\n";
  }
  page += section("Options");
  for (const option_words& w : options_of(app, nullptr)) page += entry(w);
  page += section("Values") +
          escaped(
              "A DURATION is a number with its unit: 250ms, 5s, 2m, 1h. A FILE of options "
              "(--config) holds lines 'option = value', and sections [command] for what only "
              "one command takes; the command line comes first.") +
          "\n";
  page += exit_codes();
  return page;
}

std::string manual_of_command(const CLI::App& command) {
  const std::string name = "sipvoice-" + command.get_name();
  std::string page = head(name);
  page += section("Name") + escaped(name) + " \\- " + escaped(command.get_description()) + "\n";
  page +=
      section("Synopsis") + bold("sipvoice " + command.get_name()) + " [" + italic("OPTIONS") + "]";
  const auto positionals = positionals_of(command);
  for (const CLI::Option* p : positionals)
    page += " " + italic(p->get_name()) + (p->get_expected_max() > 1 ? " ..." : "");
  page += "\n";
  if (!positionals.empty()) page += section("Arguments");
  for (const CLI::Option* p : positionals)
    page += ".TP\n" + italic(p->get_name()) + "\n" + escaped(p->get_description()) + "\n";
  page += section("Options");
  std::vector<std::string> groups = command.get_groups();
  for (const std::string& group : groups) {
    const auto options = options_of(command, &group);
    if (options.empty()) continue;
    if (groups.size() > 1) page += ".SS \"" + escaped(group) + "\"\n";
    for (const option_words& w : options) page += entry(w);
  }
  page += exit_codes();
  page += section("See also") + ".BR sipvoice (1)\n";
  return page;
}

}  // namespace sipvoice::app
