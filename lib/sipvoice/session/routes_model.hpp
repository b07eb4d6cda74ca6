// What a route table is made of, and the parts that the two notations share. Private to
// routes*.cpp.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sipvoice/session/pattern.hpp"
#include "sipvoice/session/routes.hpp"

namespace sipvoice::session {

struct condition {
  std::string name;  ///< of a header, or "from" or "to"
  pattern value;
};
[[nodiscard]] bool holds(const condition& c, const call::call_info& info);

struct route {
  std::vector<condition> when;
  call_plan plan;
  std::string voice;                        ///< of all texts of this route
  std::set<std::string, std::less<>> said;  ///< actions that the route names: no default there
};

struct route_table::impl {
  std::vector<route> routes;
  call_plan defaults;
};

/// Where an action stands and what it may ask.
struct action_context {
  std::string folder;  ///< relative paths begin here; empty: as they are
  const std::function<bool(const std::string&)>& file_exists;
  std::function<void(const std::string& text)> complain;
};

/// Every action of a `do`, also those that take lists and maps.
[[nodiscard]] std::span<const std::string_view> action_names();
/// Actions that need no value where they stand as a word.
[[nodiscard]] bool is_switch(std::string_view action);
/// Complains and returns false when there is no such action.
[[nodiscard]] bool check_action_name(std::string_view name, const action_context& context);
/// Sets one action with one text (play: one more file); complains about what is wrong with it.
void set_action(route& r, std::string_view name, std::string_view value,
                const action_context& context);
/// headers: one header of the 2xx.
void add_header(route& r, std::string_view name, std::string_view value,
                const action_context& context);
/// What only the whole route shows: contradictions, nothing to do.
void check_route(const route& r, const action_context& context);
/// What holds for the whole route, wherever it stood: the voice.
void complete_route(route& r);

}  // namespace sipvoice::session
