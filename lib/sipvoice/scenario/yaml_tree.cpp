// The only file of `scenario` that knows yaml-cpp.
#include "sipvoice/scenario/yaml_tree.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>
#include <utility>

#include "sipvoice/base/text.hpp"

namespace sipvoice::scenario {
namespace {

constexpr const char* quote_hint =
    "; a text that begins with one of * & ! % @ ` | > # [ { or holds ': ' or ' #', and inside {} "
    "one "
    "with a comma or a bracket, as ${NAME} and regular expressions have, must stand in quotes: "
    "\"...\"";

struct too_much {
  place at;
  const char* what;
};

place place_of(const YAML::Mark& mark) {
  return mark.is_null() || mark.line < 0 ? place{} : place{mark.line + 1, mark.column + 1};
}

class converter {
 public:
  converter(const std::string& file, std::vector<mistake>& mistakes)
      : file_(file), mistakes_(mistakes) {}

  yaml_value convert(const YAML::Node& node, std::size_t depth) {
    yaml_value value;
    value.at = place_of(node.Mark());
    if (++values_ > max_yaml_values) throw too_much{value.at, "too many values"};
    if (depth > max_yaml_depth) throw too_much{value.at, "nested too deeply"};
    if (node.IsScalar()) {
      value.what = yaml_value::kind::scalar;
      value.text = node.Scalar();
    } else if (node.IsSequence()) {
      value.what = yaml_value::kind::list;
      for (const auto& item : node) value.items.push_back(convert(item, depth + 1));
    } else if (node.IsMap()) {
      value.what = yaml_value::kind::map;
      std::set<std::string> seen;
      for (const auto& pair : node) convert_pair(value, seen, pair.first, pair.second, depth);
    }
    return value;
  }

 private:
  void convert_pair(yaml_value& map, std::set<std::string>& seen, const YAML::Node& key,
                    const YAML::Node& value, std::size_t depth) {
    const place at = place_of(key.Mark());
    const bool was_damaged = std::exchange(map.damaged, true);
    if (!key.IsScalar()) return complain(at, "a key must be a word" + std::string(quote_hint));
    const std::string& name = key.Scalar();
    yaml_value converted = convert(value, depth + 1);
    if (!seen.insert(name).second)
      return complain(at, "'" + printable(name) + "' twice; keep one of them");
    if (converted.is_nothing()) {
      const bool glued = name.find(':') != std::string::npos;
      return complain(at, "'" + printable(name) + "' has no value" +
                              (glued ? "; a space is missing after its colon"
                                     : "; a text that begins with # must stand in quotes"));
    }
    map.damaged = was_damaged;
    map.pairs.push_back({name, at, std::move(converted)});
  }
  void complain(place at, const std::string& text) {
    mistakes_.push_back({file_, at.line, at.column, text});
  }

  const std::string& file_;
  std::vector<mistake>& mistakes_;
  std::size_t values_ = 0;
};

}  // namespace

const yaml_pair* yaml_value::find(std::string_view key) const {
  const auto found =
      std::find_if(pairs.begin(), pairs.end(), [key](const yaml_pair& p) { return p.key == key; });
  return found == pairs.end() ? nullptr : &*found;
}

std::optional<yaml_value> read_yaml(std::string_view text, const std::string& file,
                                    std::vector<mistake>& mistakes) {
  const auto fail = [&](place at, const std::string& what) {
    mistakes.push_back({file, at.line, at.column, what});
    return std::nullopt;
  };
  if (text.size() > max_yaml_bytes)
    return fail({}, "the file is larger than " + std::to_string(max_yaml_bytes / 1024) + " KiB");
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(std::string(text));
    if (documents.empty() || documents[0].IsNull()) return fail({1, 1}, "the file is empty");
    if (documents.size() > 1)
      return fail(place_of(documents[1].Mark()), "a second document (---): one file, one scenario");
    return converter(file, mistakes).convert(documents[0], 0);
  } catch (const too_much& e) {
    return fail(e.at, std::string(e.what) + " (at most " + std::to_string(max_yaml_values) +
                          " values, " + std::to_string(max_yaml_depth) + " deep)");
  } catch (const YAML::Exception& e) {
    return fail(place_of(e.mark), "cannot read this as YAML: " + printable(e.msg) + quote_hint);
  }
}

}  // namespace sipvoice::scenario
