// Where the sources are: what tests read of them. Known to one object alone, so that a build in
// another folder need not compile every test again.
#pragma once

#include <string>

namespace test {
[[nodiscard]] std::string source_dir();
}  // namespace test
