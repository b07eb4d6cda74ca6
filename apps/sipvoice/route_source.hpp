// Routes of `listen` and `check`: files and options to a table, with every mistake in it.
#pragma once

#include <string>
#include <vector>

#include "sipvoice/session/routes.hpp"

namespace sipvoice::app {

struct route_source {
  std::string file;                  ///< --routes; empty: none
  std::vector<std::string> options;  ///< --route, tried after the file's
  session::call_plan defaults;       ///< for routes that do not say otherwise
};

/// Reads and checks. With mistakes the table is not to be used.
[[nodiscard]] session::route_table load_routes(const route_source& source,
                                               std::vector<session::mistake>& mistakes);
/// A line each.
[[nodiscard]] std::string to_lines(const std::vector<session::mistake>& mistakes);

}  // namespace sipvoice::app
