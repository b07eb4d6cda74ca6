// The routes file: YAML into routes, every mistake with its place. The only file that knows
// yaml-cpp.
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>

#include "sipvoice/base/text.hpp"
#include "sipvoice/session/routes_model.hpp"

namespace sipvoice::session {

namespace {

constexpr std::array<std::string_view, 1> root_keys = {"routes"};
constexpr std::array<std::string_view, 2> route_keys = {"when", "do"};
constexpr const char* quote_hint =
    "; a text that begins with one of * & ! % @ ` | > # [ { or holds ': ', ' #', or inside {} a "
    "comma or bracket, must stand in quotes: \"...\"";

std::string folder_of(const std::string& file) {
  const std::size_t slash = file.rfind('/');
  if (slash == std::string::npos) return "";
  return slash == 0 ? "/" : file.substr(0, slash);
}

class yaml_reader {
 public:
  yaml_reader(const std::string& file, std::vector<mistake>& mistakes,
              const std::function<bool(const std::string&)>& file_exists)
      : file_(file), mistakes_(mistakes), file_exists_(file_exists) {}

  std::vector<route> run(std::string_view text) {
    try {
      const std::vector<YAML::Node> documents = YAML::LoadAll(std::string(text));
      if (documents.empty() || !documents[0].IsDefined() || documents[0].IsNull())
        complain(1, 1, "the file holds no routes; write routes: and below it - do: echo");
      else if (documents.size() > 1)
        complain(documents[1].Mark(), "a second document (---); all routes stand in one");
      else
        read_root(documents[0]);
    } catch (const YAML::Exception& e) {
      complain(e.mark, "cannot read this as YAML: " + printable(e.msg) + quote_hint);
    }
    return std::move(routes_);
  }

 private:
  void complain(int line, int column, const std::string& text) {
    mistakes_.push_back({file_, line, column, text});
  }
  void complain(const YAML::Mark& mark, const std::string& text) {
    const bool known = !mark.is_null() && mark.line >= 0;
    complain(known ? mark.line + 1 : 0, known ? mark.column + 1 : 0, text);
  }
  action_context at(const YAML::Node& node) {
    return {folder_of(file_), file_exists_,
            [this, mark = node.Mark()](const std::string& text) { complain(mark, text); }};
  }

  // Every pair once, with its key as text. `visit` gets key, key node, value node.
  template <class Visit>
  void for_each(const YAML::Node& map, bool any_case, const Visit& visit) {
    std::set<std::string> seen;
    for (const auto& pair : map) {
      if (!pair.first.IsScalar()) {
        complain(pair.first.Mark(), "a key must be a word");
        continue;
      }
      const std::string key = pair.first.Scalar();
      if (!seen.insert(any_case ? to_lower(key) : key).second)
        complain(pair.first.Mark(), quoted(key) + " twice; keep one of them");
      else
        visit(key, pair.first, pair.second);
    }
  }

  bool known(std::string_view key, const YAML::Node& node, std::span<const std::string_view> keys) {
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) return true;
    std::string all;
    for (const std::string_view k : keys) all.append(all.empty() ? "" : ", ").append(k);
    const std::string near = suggestion(key, keys);
    complain(node.Mark(),
             "unknown key " + quoted(key) + (near.empty() ? "; there is " + all : near));
    return false;
  }

  void read_root(const YAML::Node& root) {
    if (!root.IsMap())
      return complain(root.Mark(), "the file is not a map; it begins with routes:");
    bool found = false;
    for_each(root, false, [&](const std::string& key, const auto& name, const auto& value) {
      if (!known(key, name, root_keys)) return;
      found = true;
      if (!value.IsSequence() || value.size() == 0)
        return complain(value.IsNull() ? name.Mark() : value.Mark(),
                        "'routes' is a list; write each route as '- when: {...}' and 'do: ...'");
      for (const auto& entry : value) read_route(entry);
    });
    if (!found && mistakes_.empty()) complain(root.Mark(), "no 'routes' in the file");
  }

  void read_route(const YAML::Node& entry) {
    route r;
    if (!entry.IsMap())
      return complain(entry.Mark(), "a route is a map with 'do' and, if it has conditions, 'when'");
    bool has_do = false;
    for_each(entry, false, [&](const std::string& key, const auto& name, const auto& value) {
      if (!known(key, name, route_keys)) return;
      if (key == "when") return read_when(r, name, value);
      has_do = true;
      read_do(r, name, value);
    });
    if (!has_do) complain(entry.Mark(), "a route without 'do'; write for example do: echo");
    routes_.push_back(std::move(r));
  }

  void read_when(route& r, const YAML::Node& name, const YAML::Node& when) {
    if (!when.IsMap() || when.size() == 0)
      return complain(when.IsNull() ? name.Mark() : when.Mark(),
                      "'when' is a map of conditions, {X-Room-ID: sales}; a route for every call "
                      "has no 'when'");
    for_each(when, true, [&](const std::string& key, const auto& key_node, const auto& value) {
      if (value.IsNull() && key.find(':') != std::string::npos)
        return complain(key_node.Mark(), "no space after the colon in " + quoted(key) +
                                             "; write {X-Room-ID: sales}");
      if (!is_token(key))
        return complain(key_node.Mark(), "not the name of a header: " + quoted(key));
      if (value.IsNull())
        return complain(key_node.Mark(), quoted(key) +
                                             " has no value; write \"*\" for 'present', and a text "
                                             "that begins with # in quotes");
      if (!value.IsScalar())
        return complain(value.Mark(), quoted(key) + " takes one text" + quote_hint);
      std::string why;
      auto p = parse_pattern(value.Scalar(), why);
      if (!p) return complain(value.Mark(), quoted(key) + ": " + why);
      r.when.push_back({key, std::move(*p)});
    });
  }

  void read_do(route& r, const YAML::Node& name, const YAML::Node& what) {
    if (what.IsNull()) return complain(name.Mark(), "'do' is empty; write for example do: echo");
    const std::size_t before = mistakes_.size();
    if (what.IsScalar())
      read_word(r, what);
    else if (what.IsMap())
      for_each(what, false, [&](const std::string& key, const auto& key_node, const auto& value) {
        read_action(r, key, key_node, value);
      });
    else
      complain(what.Mark(), "'do' is a word (echo, silence) or a map ({play: a.wav})");
    if (mistakes_.size() == before) check_route(r, at(what));
    complete_route(r);
  }

  void read_word(route& r, const YAML::Node& what) {
    const std::string& word = what.Scalar();
    if (word == "echo" || word == "silence") return set_action(r, word, "yes", at(what));
    if (check_action_name(word, at(what)))
      complain(what.Mark(), quoted(word) + " needs a value: do: {" + word + ": ...}");
  }

  void read_action(route& r, const std::string& key, const YAML::Node& key_node,
                   const YAML::Node& value) {
    if (value.IsNull() && key.find(':') != std::string::npos)
      return complain(key_node.Mark(),
                      "no space after the colon in " + quoted(key) + "; write {play: a.wav}");
    if (!check_action_name(key, at(key_node))) return;
    if (key == "headers") return read_headers(r, key_node, value);
    if (value.IsNull()) return set_action(r, key, "", at(key_node));
    if (value.IsScalar()) return set_action(r, key, value.Scalar(), at(value));
    const bool several = key == "play" || key == "say";
    if (!several || !value.IsSequence() || value.size() == 0)
      return complain(value.Mark(), quoted(key) + " takes one text" +
                                        (key == "play"  ? " or a list of files"
                                         : key == "say" ? " or a list of texts"
                                                        : quote_hint));
    for (const auto& item : value) {
      if (item.IsScalar())
        set_action(r, key, item.Scalar(), at(item));
      else
        complain(item.Mark(),
                 quoted(key) + (key == "play" ? " takes the names of files" : " takes texts"));
    }
  }

  void read_headers(route& r, const YAML::Node& name, const YAML::Node& headers) {
    if (!headers.IsMap())
      return complain(headers.IsNull() ? name.Mark() : headers.Mark(),
                      "'headers' is a map: {X-Name: value}");
    for_each(headers, true, [&](const std::string& key, const auto& key_node, const auto& value) {
      if (!value.IsScalar())
        return complain(key_node.Mark(), "the header " + quoted(key) + " takes one text");
      add_header(r, key, value.Scalar(), at(key_node));
    });
  }

  const std::string& file_;
  std::vector<mistake>& mistakes_;
  const std::function<bool(const std::string&)>& file_exists_;
  std::vector<route> routes_;
};

}  // namespace

route_table route_table::parse_yaml(std::string_view text, const std::string& file,
                                    std::vector<mistake>& mistakes,
                                    const std::function<bool(const std::string&)>& file_exists) {
  auto content = std::make_shared<impl>();
  content->routes = yaml_reader(file, mistakes, file_exists).run(text);
  route_table table;
  table.impl_ = std::move(content);
  return table;
}

}  // namespace sipvoice::session
