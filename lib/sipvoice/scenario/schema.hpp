// A JSON schema (draft 2020-12) of scenario files, for editors. Made from definitions.hpp.
#pragma once

#include <string>

namespace sipvoice::scenario {

[[nodiscard]] std::string json_schema();

}  // namespace sipvoice::scenario
