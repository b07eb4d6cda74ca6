// A YAML file as a tree in which everything knows its place. A scenario is a file that somebody
// else wrote: its size, depth and number of values are bounded, aliases included.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sipvoice/session/mistake.hpp"

namespace sipvoice::scenario {

using session::mistake;

inline constexpr std::size_t max_yaml_bytes = 1024 * 1024;
inline constexpr std::size_t max_yaml_values = 50'000;  ///< each use of an alias counts anew
inline constexpr std::size_t max_yaml_depth = 32;

/// From 1; 0: nowhere.
struct place {
  int line = 0, column = 0;
};

struct yaml_pair;

struct yaml_value {
  enum class kind : std::uint8_t { nothing, scalar, list, map };
  kind what = kind::nothing;
  place at;
  std::string text;               ///< of a scalar
  bool damaged = false;           ///< a pair of the map was wrong and is left out
  std::vector<yaml_value> items;  ///< of a list
  std::vector<yaml_pair> pairs;   ///< of a map, in their order; each key once

  [[nodiscard]] bool is_scalar() const { return what == kind::scalar; }
  [[nodiscard]] bool is_list() const { return what == kind::list; }
  [[nodiscard]] bool is_map() const { return what == kind::map; }
  [[nodiscard]] bool is_nothing() const { return what == kind::nothing; }
  [[nodiscard]] const yaml_pair* find(std::string_view key) const;
};

struct yaml_pair {
  std::string key;
  place at;
  yaml_value value;
};

/// Nothing when the text cannot be used at all; what is wrong stands in `mistakes` (a key given
/// twice too: of those the first one counts).
[[nodiscard]] std::optional<yaml_value> read_yaml(std::string_view text, const std::string& file,
                                                  std::vector<mistake>& mistakes);

}  // namespace sipvoice::scenario
