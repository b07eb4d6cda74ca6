// Files that people write: routes and scenarios.
#pragma once

#include <cstddef>
#include <string>

namespace sipvoice::app {

[[nodiscard]] bool is_file(const std::string& path);
/// Reads at most one byte more than `most`, so that the caller sees what is too long. False:
/// `error` says why, and what to do.
[[nodiscard]] bool read_text_file(const std::string& file, std::size_t most, std::string& text,
                                  std::string& error);

}  // namespace sipvoice::app
