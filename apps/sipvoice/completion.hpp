// Completion scripts for bash, zsh and fish, made from the definitions of the command line.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace sipvoice::app {

[[nodiscard]] std::string bash_completion(const CLI::App& app);
[[nodiscard]] std::string zsh_completion(const CLI::App& app);
[[nodiscard]] std::string fish_completion(const CLI::App& app);

}  // namespace sipvoice::app
