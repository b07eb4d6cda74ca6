#include "sipvoice/scenario/schema.hpp"

#include <nlohmann/json.hpp>

#include "sipvoice/audio/codec.hpp"
#include "sipvoice/scenario/definitions.hpp"

namespace sipvoice::scenario {
namespace {

using json = nlohmann::ordered_json;

/// Any value may hold ${NAME}, which is known only when the file is read.
constexpr const char* variable = R"(\$\{[A-Za-z0-9_.-]+\})";

json text_of(const std::string& pattern) {
  return {{"type", "string"}, {"pattern", "^(" + pattern + ")$|" + variable}};
}

json either(std::initializer_list<json> several) {
  return json::object({{"anyOf", json::array_t(several)}});
}

json words_of(std::span<const std::string_view> words) {
  json list = json::array();
  for (const std::string_view word : words) list.push_back(word);
  return either({json::object({{"enum", list}}), text_of("")});
}

json list_of(const json& item) { return {{"type", "array"}, {"items", item}, {"minItems", 1}}; }

json codec() {
  json list = json::array();
  for (const audio::codec_info& c : audio::codecs()) list.push_back(c.option_name);
  return either({json::object({{"enum", list}}), text_of("")});
}

json map_of_texts() {
  return {{"type", "object"},
          {"additionalProperties", {{"type", {"string", "number", "boolean"}}}}};
}

json of_kind(const field& f) {
  const std::string time = R"([0-9]+(\.[0-9]+)?(ms|s|m|h)|0)";
  switch (f.kind) {
    case value_kind::flag:
      return either({json::object({{"type", "boolean"}}), text_of("yes|no|on|off")});
    case value_kind::count:
      return either({json::object({{"type", "integer"}, {"minimum", f.low}, {"maximum", f.high}}),
                     text_of("")});
    case value_kind::number:
      return either({json::object({{"type", "number"}, {"minimum", f.low}, {"maximum", f.high}}),
                     text_of("")});
    case value_kind::text:
    case value_kind::pattern:
      return {{"type", {"string", "number", "boolean"}}};
    case value_kind::name:
      return either({text_of("[A-Za-z0-9_.-]+"), json::object({{"type", "integer"}})});
    case value_kind::word:
      return words_of(f.words);
    case value_kind::file:
    case value_kind::new_file:
    case value_kind::uri:
    case value_kind::listen:
    case value_kind::hex:
    case value_kind::party_or_uri:
      return {{"type", "string"}};
    case value_kind::duration:
      return either({text_of(time), json::object({{"const", 0}})});
    case value_kind::digits:
      return either({text_of("[0-9*#A-Da-d]+"), json::object({{"type", "integer"}})});
    case value_kind::digits_and_waits:
      return either({text_of("[0-9*#A-Da-dwW]+"), json::object({{"type", "integer"}})});
    case value_kind::status:
      return either({json::object({{"type", "integer"}, {"minimum", 200}, {"maximum", 699}}),
                     text_of("[2-6][0-9][0-9]( .*)?")});
    case value_kind::status_set: {
      const json one =
          either({json::object({{"type", "integer"}, {"minimum", 100}, {"maximum", 699}}),
                  text_of("[1-6](xx|XX|[0-9][0-9])")});
      return either({one, list_of(one)});
    }
    case value_kind::codec:
      return codec();
    case value_kind::codecs:
      return either({list_of(codec()), json::object({{"type", "string"}})});
    case value_kind::headers:
    case value_kind::header_patterns:
      return map_of_texts();
    case value_kind::regex:
      return text_of("/.+/i?");
    case value_kind::level:
      return text_of("[+-]?[0-9.]+ ?dBm0");
    case value_kind::percent:
      return text_of("[0-9.]+ ?%");
    case value_kind::most_percent:
      return text_of("< ?[0-9.]+ ?%");
    case value_kind::most_duration:
      return text_of("< ?(" + time + ")");
    case value_kind::credentials:
      return {{"type", "object"},
              {"properties",
               {{"user", {{"type", "string"}}}, {"password", {{"type", {"string", "number"}}}}}},
              {"required", {"user"}},
              {"additionalProperties", false}};
    case value_kind::steps:
      return {{"$ref", "#/$defs/steps"}};
  }
  return {};
}

void add_property(json& object, const field& f) {
  json p = of_kind(f);
  p["description"] = f.doc;
  object["properties"][std::string(f.name)] = std::move(p);
  if (f.required) object["required"].push_back(f.name);
}

json object_of(std::span<const field> fields) {
  json object = {
      {"type", "object"}, {"properties", json::object()}, {"additionalProperties", false}};
  for (const field& f : fields) add_property(object, f);
  return object;
}

json expectations() {
  json several = json::object();
  for (const step_definition& d : step_definitions()) {
    if (d.expects && d.kind != step_kind::expect_no)
      several[std::string(d.name)] = {{"type", {"object", "string", "number", "array"}}};
  }
  return several;
}

/// What stands behind the step's word.
json values_of(const step_definition& d) {
  json object = object_of(d.fields);
  if (d.kind == step_kind::expect_no) {
    // The key is the expectation itself: `steps` is how the document holds it.
    object["properties"].erase("steps");
    object["required"] = json::array({"for"});
    const json several = expectations();
    for (const auto& [name, of] : several.items()) object["properties"][name] = of;
  }
  if (d.on_call) add_property(object, on_field());
  if (d.expects) add_property(object, within_field());
  if (d.kind == step_kind::expect_audio)
    return either({object, json::object({{"enum", {"speech", "any"}}})});
  for (const field& f : d.fields) {
    if (f.name == d.shorthand) return either({of_kind(f), object});
  }
  return object;
}

json step_schema() {
  json alone = json::array(), keyed = json::object();
  for (const step_definition& d : step_definitions()) {
    if (d.alone) alone.push_back(d.name);
    keyed[std::string(d.name)] = values_of(d);
    keyed[std::string(d.name)]["description"] = d.doc;
  }
  return either({json::object({{"enum", alone}}), json::object({{"type", "object"},
                                                                {"minProperties", 1},
                                                                {"maxProperties", 1},
                                                                {"properties", keyed},
                                                                {"additionalProperties", false}})});
}

json party_schema() {
  json settings = object_of(party_fields());
  json network = object_of(network_fields());
  for (const char* part : {"sip", "rtp"}) network["properties"][part] = object_of(network_fields());
  settings["properties"]["network"] = network;
  settings["properties"]["steps"] = {{"$ref", "#/$defs/steps"}};
  settings["required"] = json::array({"steps"});
  return either({json::object({{"$ref", "#/$defs/steps"}}), settings});
}

}  // namespace

std::string json_schema() {
  json root = object_of(file_fields());
  root["properties"]["vars"] = map_of_texts();
  root["properties"]["parties"] = {{"type", "object"},
                                   {"minProperties", 1},
                                   {"additionalProperties", {{"$ref", "#/$defs/party"}}}};
  root["required"] = json::array({"parties"});
  json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                 {"title", "sipvoice scenario"}};
  schema.update(root);
  schema["$defs"] = {
      {"party", party_schema()},
      {"steps", {{"type", "array"}, {"minItems", 1}, {"items", {{"$ref", "#/$defs/step"}}}}},
      {"step", step_schema()}};
  return schema.dump(2) + "\n";
}

}  // namespace sipvoice::scenario
