// Manual pages (section 1), made from the definitions of the command line.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace sipvoice::app {

/// sipvoice(1): the commands, what holds for all, exit codes.
[[nodiscard]] std::string manual_of_program(const CLI::App& app);
/// sipvoice-COMMAND(1): every option of that command.
[[nodiscard]] std::string manual_of_command(const CLI::App& command);

}  // namespace sipvoice::app
