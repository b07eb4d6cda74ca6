// Scenario files of `check`: files and folders of them to documents, with every mistake in them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "sipvoice/scenario/document.hpp"

namespace sipvoice::app {

/// False of a file that holds routes.
[[nodiscard]] bool looks_like_scenario(const std::string& file);

/// The file, or every *.yaml and *.yml of the folder and what is beneath it, sorted.
[[nodiscard]] std::vector<std::string> files_of(const std::string& path);

/// "NAME=VALUE" of --var.
[[nodiscard]] std::map<std::string, std::string> to_variables(
    const std::vector<std::string>& given);

/// Nothing is added to the documents by a file with mistakes.
void load_scenario(const std::string& file, const std::map<std::string, std::string>& variables,
                   std::vector<scenario::document>& documents,
                   std::vector<session::mistake>& mistakes);

}  // namespace sipvoice::app
