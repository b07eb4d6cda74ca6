// The schema that editors get: it names every step and key that the reader knows.
#include "sipvoice/scenario/schema.hpp"

#include <nlohmann/json.hpp>

#include "sipvoice/scenario/definitions.hpp"
#include "support/catch.hpp"

using namespace sipvoice::scenario;

TEST_CASE("the schema names every step, key and setting") {
  const auto schema = nlohmann::json::parse(json_schema());
  const auto& step = schema["$defs"]["step"]["anyOf"];
  for (const step_definition& d : step_definitions()) {
    INFO(d.name);
    const auto& of = step[1]["properties"];
    REQUIRE(of.contains(std::string(d.name)));
    const std::string text = of[std::string(d.name)].dump();
    for (const field& f : d.fields) {
      INFO(f.name);
      if (f.kind != value_kind::steps || d.kind == step_kind::repeat)
        CHECK(text.find("\"" + std::string(f.name) + "\"") != std::string::npos);
    }
    bool alone = false;
    for (const auto& word : step[0]["enum"]) alone = alone || word == d.name;
    CHECK(alone == d.alone);
  }
  for (const field& f : file_fields()) CHECK(schema["properties"].contains(std::string(f.name)));
  const auto& party = schema["$defs"]["party"]["anyOf"][1]["properties"];
  for (const field& f : party_fields()) CHECK(party.contains(std::string(f.name)));
  for (const field& f : network_fields())
    CHECK(party["network"]["properties"]["rtp"]["properties"].contains(std::string(f.name)));
}
