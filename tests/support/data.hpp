// Conformance data: found by SIPVOICE_TEST_DATA, else beside the checkout in ../shared/data.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "support/source_dir.hpp"

namespace test {

/// Folder of the data, empty when there is none.
inline std::filesystem::path data_folder() {
  if (const char* env = std::getenv("SIPVOICE_TEST_DATA")) return env;
  const std::filesystem::path beside =
      std::filesystem::path(source_dir()) / ".." / "shared" / "data";
  return std::filesystem::exists(beside) ? beside : std::filesystem::path{};
}

inline std::string read_file(const std::filesystem::path& p) {
  std::ifstream in(p, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// True when the file is there; else says that the case is skipped (ctest counts it as such).
inline bool have_data(const std::filesystem::path& relative) {
  const auto folder = data_folder();
  if (!folder.empty() && std::filesystem::exists(folder / relative)) return true;
  std::cout << "SIPVOICE-SKIPPED: no " << relative << " (set SIPVOICE_TEST_DATA)\n";
  return false;
}

}  // namespace test
