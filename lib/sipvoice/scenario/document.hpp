// A scenario as it was read: who takes part, what each does and must see. Text in, document out: no
// file is opened here; whether one exists is asked.
//
// Every mistake is collected with its place, so that one pass shows all. A document that was read
// without a mistake can be run: each value has the type that definitions.hpp names, each party,
// call and file that is spoken of exists.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sipvoice/base/time.hpp"
#include "sipvoice/scenario/definitions.hpp"
#include "sipvoice/scenario/yaml_tree.hpp"
#include "sipvoice/session/pattern.hpp"

namespace sipvoice::scenario {

inline constexpr std::size_t max_parties = 100;
/// Of one party, with everything that is repeated counted as often as it is done.
inline constexpr std::uint64_t max_steps = 100'000;
inline constexpr duration default_timeout = std::chrono::seconds(60);
inline constexpr duration default_within = std::chrono::seconds(5);

struct status_line {
  int status = 0;
  std::string reason;  ///< empty: the standard phrase
};

/// "180", "4xx", or several.
struct status_set {
  std::vector<std::pair<int, int>> ranges;  ///< first and last
  std::string text;                         ///< as it was written
  [[nodiscard]] bool contains(int status) const;
};

struct header_value {
  std::string name, value;
};
struct header_pattern {
  std::string name;
  session::pattern value;
};
struct credentials {
  std::string user, password;
};
using text_list = std::vector<std::string>;
using header_values = std::vector<header_value>;
using header_patterns = std::vector<header_pattern>;

struct step;
using argument_value = std::variant<bool, std::int64_t, double, duration, std::string, text_list,
                                    header_values, header_patterns, session::pattern, status_line,
                                    status_set, credentials, std::vector<step>>;

struct argument {
  const field* what = nullptr;
  place at;
  argument_value is;
};

/// What stands in one map: of a step, of a party's settings.
struct arguments {
  std::vector<argument> list;

  /// Nothing where it was left out.
  template <class T>
  [[nodiscard]] const T* get(std::string_view name) const {
    for (const argument& a : list) {
      if (a.what->name == name) return std::get_if<T>(&a.is);
    }
    return nullptr;
  }
  template <class T>
  [[nodiscard]] T get_or(std::string_view name, T otherwise) const {
    const T* found = get<T>(name);
    return found != nullptr ? *found : otherwise;
  }
  [[nodiscard]] const argument* find(std::string_view name) const;
};

struct step {
  step_kind kind{};
  place at;
  arguments with;
  bool broken = false;  ///< something in it was wrong and is left out
  [[nodiscard]] const step_definition& definition() const { return definition_of(kind); }
};

/// What a party's packets meet on their way.
struct impairment {
  double loss = 0, reorder = 0, duplicate = 0;  ///< 0 to 1
  duration delay{}, jitter{};
  [[nodiscard]] bool none() const;
};

struct party {
  std::string name;
  place at;
  arguments settings;
  impairment sip, rtp;
  std::vector<step> steps;
};

struct document {
  std::string file;   ///< as it was named
  std::string title;  ///< `scenario:`, else the file's name
  duration timeout = default_timeout;
  std::vector<party> parties;
  /// Captured by `set` while it runs: texts may hold ${name} of these.
  std::vector<std::string> captured;

  [[nodiscard]] const party* find(std::string_view name) const;
  /// A call, message or transfer goes to somewhere that is no party: it cannot be simulated.
  [[nodiscard]] bool leaves() const;
};

/// What a document is read in.
struct surroundings {
  std::function<bool(const std::string& path)> file_exists;
  std::map<std::string, std::string> variables;  ///< --var: before those of the file
  std::function<std::optional<std::string>(const std::string& name)> environment;  ///< after them
};

/// Nothing when there were mistakes.
[[nodiscard]] std::optional<document> read_document(std::string_view text, const std::string& file,
                                                    const surroundings& around,
                                                    std::vector<mistake>& mistakes);

/// A path of the file, relative to the folder of the scenario.
[[nodiscard]] std::string path_beside(const std::string& scenario_file, const std::string& path);

}  // namespace sipvoice::scenario
