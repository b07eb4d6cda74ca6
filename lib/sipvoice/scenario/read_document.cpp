// The tree of a scenario file into its document; check_document.cpp looks at it as a whole.
#include <algorithm>

#include "sipvoice/base/text.hpp"
#include "sipvoice/scenario/check_document.hpp"
#include "sipvoice/scenario/document.hpp"
#include "sipvoice/scenario/read_value.hpp"

namespace sipvoice::scenario {
namespace {

using session::quoted;

std::string listed(const std::vector<std::string_view>& names) {
  std::string all;
  for (const std::string_view name : names) all.append(all.empty() ? "" : ", ").append(name);
  return all;
}

using field_list = std::vector<const field*>;

field_list all_of(std::span<const field> fields) {
  field_list list;
  for (const field& f : fields) list.push_back(&f);
  return list;
}

/// With what every step of its sort takes.
field_list fields_of(const step_definition& definition) {
  field_list list = all_of(definition.fields);
  if (definition.on_call) list.push_back(&on_field());
  if (definition.expects) list.push_back(&within_field());
  return list;
}

std::vector<std::string_view> names_of(const field_list& fields) {
  std::vector<std::string_view> names;
  for (const field* f : fields) names.push_back(f->name);
  return names;
}

class document_reader {
 public:
  document_reader(const std::string& file, const surroundings& around,
                  std::vector<mistake>& mistakes)
      : in_(file, around, mistakes) {}

  document read(const yaml_value& root) {
    document d;
    d.file = in_.file;
    if (!root.is_map()) {
      in_.complain(root.at, "a scenario is a map that begins with scenario: and parties:");
      return d;
    }
    if (const yaml_pair* vars = root.find("vars")) read_vars(vars->value);
    const yaml_pair* parties = root.find("parties");
    if (parties != nullptr) name_parties(*parties);
    collect_captured(root);

    const arguments settings = read_map(root, "", all_of(file_fields()), {"vars", "parties"});
    d.title = settings.get_or<std::string>("scenario", title_of(in_.file));
    d.timeout = settings.get_or<duration>("timeout", default_timeout);
    if (parties == nullptr)
      in_.complain(root.at, "no 'parties' in the file: who takes part, and what each does");
    else
      for (const yaml_pair& p : parties->value.pairs) d.parties.push_back(read_party(p));
    d.captured.assign(in_.names.captured().begin(), in_.names.captured().end());
    return d;
  }

 private:
  static std::string title_of(const std::string& file) {
    return file.substr(file.rfind('/') == std::string::npos ? 0 : file.rfind('/') + 1);
  }

  void read_vars(const yaml_value& vars) {
    if (!vars.is_map()) return in_.complain(vars.at, "'vars' is a map: {TARGET: 127.0.0.1:5060}");
    for (const yaml_pair& pair : vars.pairs) {
      if (const auto text = read_text(in_, pair.key, pair.value))
        in_.names.define(pair.key, text->text);
    }
  }

  void name_parties(const yaml_pair& parties) {
    if (!parties.value.is_map() || parties.value.pairs.empty())
      return in_.complain(parties.value.at, "'parties' is a map: a name and its steps for each");
    if (parties.value.pairs.size() > max_parties)
      in_.complain(parties.at, "more than " + std::to_string(max_parties) + " parties");
    for (const yaml_pair& p : parties.value.pairs) in_.parties.push_back(p.key);
  }

  /// Names of `set` steps: the texts that use them wait until it runs.
  void collect_captured(const yaml_value& node) {
    for (const yaml_value& item : node.items) collect_captured(item);
    for (const yaml_pair& pair : node.pairs) {
      const yaml_pair* name = pair.key == "set" ? pair.value.find("name") : nullptr;
      if (name != nullptr && name->value.is_scalar()) in_.names.define_later(name->value.text);
      collect_captured(pair.value);
    }
  }

  /// Keys that are fields become arguments; those in `besides` are somebody else's; all others are
  /// mistakes. `owner`: whose keys these are, for the messages.
  arguments read_map(const yaml_value& map, const std::string& owner, const field_list& fields,
                     const std::vector<std::string_view>& besides) {
    arguments read;
    for (const yaml_pair& pair : map.pairs) {
      if (std::find(besides.begin(), besides.end(), pair.key) != besides.end()) continue;
      const auto found = std::find_if(fields.begin(), fields.end(),
                                      [&](const field* f) { return f->name == pair.key; });
      if (found == fields.end()) {
        std::vector<std::string_view> names = names_of(fields);
        names.insert(names.end(), besides.begin(), besides.end());
        const std::string near = session::suggestion(pair.key, names);
        in_.complain(pair.at, "unknown key " + quoted(pair.key) +
                                  (owner.empty() ? "" : " of '" + owner + "'") +
                                  (near.empty() ? "; there is " + listed(names) : near));
        continue;
      }
      add(read, **found, pair.value);
    }
    for (const field* f : fields) {
      if (f->required && map.find(f->name) == nullptr)
        in_.complain(map.at,
                     quoted(owner) + " needs " + quoted(f->name) + ": " + std::string(f->doc));
    }
    return read;
  }

  void add(arguments& to, const field& what, const yaml_value& node) {
    if (what.kind == value_kind::steps) {
      to.list.push_back({&what, node.at, read_steps(node)});
      return;
    }
    if (auto read = read_value(in_, what, node))
      to.list.push_back({&what, node.at, std::move(*read)});
  }

  party read_party(const yaml_pair& entry) {
    party p;
    p.name = entry.key;
    p.at = entry.at;
    if (!is_token(p.name) || p.name.size() > 64)
      in_.complain(entry.at, "the name of a party is one word, not " + quoted(p.name));
    if (entry.value.is_list()) {
      p.steps = read_steps(entry.value);
    } else if (entry.value.is_map()) {
      p.settings = read_map(entry.value, p.name, all_of(party_fields()), {"steps", "network"});
      if (const yaml_pair* network = entry.value.find("network")) read_network(p, network->value);
      if (const yaml_pair* steps = entry.value.find("steps"))
        p.steps = read_steps(steps->value);
      else
        in_.complain(entry.value.at, quoted(p.name) + " has no 'steps'");
    } else {
      in_.complain(entry.value.at,
                   quoted(p.name) + " is a list of steps, or a map with settings and 'steps'");
    }
    return p;
  }

  void read_network(party& p, const yaml_value& node) {
    if (!node.is_map()) return in_.complain(node.at, "'network' is a map: {loss: 5%, delay: 40ms}");
    p.sip = p.rtp = read_impairment(node, {}, {"sip", "rtp"});
    if (const yaml_pair* sip = node.find("sip")) p.sip = read_impairment(sip->value, p.sip, {});
    if (const yaml_pair* rtp = node.find("rtp")) p.rtp = read_impairment(rtp->value, p.rtp, {});
  }

  impairment read_impairment(const yaml_value& node, impairment base,
                             const std::vector<std::string_view>& besides) {
    if (!node.is_map()) {
      in_.complain(node.at, "a network is a map: {loss: 5%, delay: 40ms}");
      return base;
    }
    const arguments read = read_map(node, "network", all_of(network_fields()), besides);
    base.loss = read.get_or<double>("loss", base.loss * 100) / 100;
    base.reorder = read.get_or<double>("reorder", base.reorder * 100) / 100;
    base.duplicate = read.get_or<double>("duplicate", base.duplicate * 100) / 100;
    base.delay = read.get_or<duration>("delay", base.delay);
    base.jitter = read.get_or<duration>("jitter", base.jitter);
    return base;
  }

  std::vector<step> read_steps(const yaml_value& node) {
    std::vector<step> steps;
    if (!node.is_list()) {
      in_.complain(node.at, "steps are a list: each begins with '- '");
      return steps;
    }
    if (node.items.empty()) in_.complain(node.at, "no steps");
    for (const yaml_value& item : node.items) {
      const std::size_t before = in_.mistakes.size();
      auto one = read_step(item);
      if (!one) continue;
      one->broken = in_.mistakes.size() != before;
      steps.push_back(std::move(*one));
    }
    return steps;
  }

  std::optional<step> read_step(const yaml_value& item) {
    if (item.is_scalar()) return read_word(item);
    if (item.damaged && item.pairs.empty()) return std::nullopt;
    if (!item.is_map() || item.pairs.empty()) {
      in_.complain(item.at,
                   "a step is a word or a word with its values: '- answer', '- ring: 200ms'");
      return std::nullopt;
    }
    const yaml_pair& pair = item.pairs.front();
    if (item.pairs.size() > 1) {
      in_.complain(item.pairs[1].at,
                   quoted(item.pairs[1].key) + " stands beside " + quoted(pair.key) +
                       "; a step has one word: write its values as a map, " + pair.key +
                       ": {...}, and the next step with a '-' of its own");
      return std::nullopt;
    }
    const step_definition* definition = known(pair.key, pair.at);
    return definition != nullptr ? read_values(*definition, pair.at, pair.value) : std::nullopt;
  }

  const step_definition* known(const std::string& name, place at) {
    if (const step_definition* found = find_step(name)) return found;
    std::vector<std::string_view> names;
    for (const step_definition& d : step_definitions()) names.push_back(d.name);
    const std::string near = session::suggestion(name, names);
    in_.complain(
        at, "unknown step " + quoted(name) + (near.empty() ? "; there is " + listed(names) : near));
    return nullptr;
  }

  std::optional<step> read_word(const yaml_value& item) {
    const step_definition* definition = known(item.text, item.at);
    if (definition == nullptr) return std::nullopt;
    if (!definition->alone) {
      in_.complain(item.at, quoted(item.text) + " needs a value: " + item.text + ": " +
                                (definition->shorthand.empty() ? "{...}" : "..."));
      return std::nullopt;
    }
    return step{definition->kind, item.at, {}, false};
  }

  std::optional<step> read_values(const step_definition& definition, place at,
                                  const yaml_value& node) {
    step s{definition.kind, at, {}, false};
    if (definition.kind == step_kind::expect_no) return read_expect_no(std::move(s), node);
    if (definition.kind == step_kind::expect_audio && node.is_scalar())
      return read_audio_word(std::move(s), node);
    if (node.is_map()) {
      s.with = read_map(node, std::string(definition.name), fields_of(definition), {});
      return s;
    }
    const auto found = std::find_if(definition.fields.begin(), definition.fields.end(),
                                    [&](const field& f) { return f.name == definition.shorthand; });
    if (found == definition.fields.end()) {
      in_.complain(node.at, quoted(definition.name) + " takes a map: {" +
                                listed(names_of(fields_of(definition))) + "}");
      return std::nullopt;
    }
    add(s.with, *found, node);
    return s;
  }

  /// `expect_audio: speech`.
  std::optional<step> read_audio_word(step s, const yaml_value& node) {
    for (const field& f : s.definition().fields) {
      if (f.kind == value_kind::flag && f.name == node.text) {
        s.with.list.push_back({&f, node.at, true});
        return s;
      }
    }
    in_.complain(node.at,
                 "'expect_audio' is speech or any, or a map: {like: FILE}, {tone: 440}; not " +
                     quoted(node.text));
    return std::nullopt;
  }

  /// `expect_no: {expect_dtmf: {}, for: 1s}`: the key is the expectation.
  std::optional<step> read_expect_no(step s, const yaml_value& node) {
    if (!node.is_map()) {
      in_.complain(node.at, "'expect_no' is a map: {expect_dtmf: {}, for: 1s}");
      return std::nullopt;
    }
    std::vector<step> inside;
    for (const yaml_pair& pair : node.pairs) {
      if (pair.key == "for" || pair.key == "on") continue;
      const step_definition* definition = known(pair.key, pair.at);
      if (definition == nullptr) return std::nullopt;
      if (!definition->expects || definition->kind == step_kind::expect_no) {
        in_.complain(pair.at, "'expect_no' stands around an expectation, not " + quoted(pair.key));
        return std::nullopt;
      }
      if (auto one = read_values(*definition, pair.at, pair.value))
        inside.push_back(std::move(*one));
    }
    const yaml_pair* how_long = node.find("for");
    if (inside.size() != 1 || how_long == nullptr) {
      in_.complain(node.at,
                   "'expect_no' takes one expectation and how long: {expect_dtmf: {}, for: 1s}");
      return std::nullopt;
    }
    const auto fields = s.definition().fields;
    s.with.list.push_back({&fields[0], node.at, std::move(inside)});
    add(s.with, fields[1], how_long->value);
    if (const yaml_pair* on = node.find("on")) add(s.with, on_field(), on->value);
    return s;
  }

  reading in_;
};

}  // namespace

bool status_set::contains(int status) const {
  return std::any_of(ranges.begin(), ranges.end(), [status](const auto& range) {
    return status >= range.first && status <= range.second;
  });
}

const argument* arguments::find(std::string_view name) const {
  const auto found = std::find_if(list.begin(), list.end(),
                                  [name](const argument& a) { return a.what->name == name; });
  return found == list.end() ? nullptr : &*found;
}

bool impairment::none() const {
  return loss == 0 && reorder == 0 && duplicate == 0 && delay == duration{} && jitter == duration{};
}

const party* document::find(std::string_view name) const {
  const auto found = std::find_if(parties.begin(), parties.end(),
                                  [name](const party& p) { return p.name == name; });
  return found == parties.end() ? nullptr : &*found;
}

std::string path_beside(const std::string& scenario_file, const std::string& path) {
  const std::size_t slash = scenario_file.rfind('/');
  if (path.starts_with('/') || slash == std::string::npos) return path;
  return scenario_file.substr(0, slash + 1) + path;
}

std::optional<document> read_document(std::string_view text, const std::string& file,
                                      const surroundings& around, std::vector<mistake>& mistakes) {
  const std::size_t before = mistakes.size();
  const auto root = read_yaml(text, file, mistakes);
  if (!root) return std::nullopt;
  document d = document_reader(file, around, mistakes).read(*root);
  check_document(d, mistakes);
  std::stable_sort(mistakes.begin() + static_cast<std::ptrdiff_t>(before), mistakes.end(),
                   [](const mistake& a, const mistake& b) {
                     return std::pair(a.line, a.column) < std::pair(b.line, b.column);
                   });
  if (mistakes.size() > before) return std::nullopt;
  return d;
}

}  // namespace sipvoice::scenario
