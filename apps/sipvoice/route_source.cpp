#include "route_source.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace sipvoice::app {
namespace {

/// Routes are written by hand: more than this is no routes file.
constexpr std::size_t max_file_bytes = std::size_t{4} << 20;

bool is_file(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error);
}

bool read(const std::string& file, std::string& text, std::string& error) {
  if (std::filesystem::is_directory(file)) {
    error = "it is a folder; name a file";
    return false;
  }
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    error = std::string("cannot read it: ") + std::strerror(errno) + "; check the path";
    return false;
  }
  text.resize(max_file_bytes + 1);
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() <= max_file_bytes) return true;
  error = "it is larger than 4 MiB, which no routes file is";
  return false;
}

}  // namespace

session::route_table load_routes(const route_source& source,
                                 std::vector<session::mistake>& mistakes) {
  session::route_table table;
  if (!source.file.empty()) {
    std::string text, error;
    if (!read(source.file, text, error)) {
      mistakes.push_back({source.file, 0, 0, error});
      return table;
    }
    table = session::route_table::parse_yaml(text, source.file, mistakes, is_file);
  }
  for (const std::string& option : source.options) table.add_option(option, mistakes, is_file);
  table.set_defaults(source.defaults);
  return table;
}

std::string to_lines(const std::vector<session::mistake>& mistakes) {
  std::string lines;
  for (const session::mistake& m : mistakes) {
    if (!lines.empty()) lines += '\n';
    lines += m.to_string();
  }
  return lines;
}

}  // namespace sipvoice::app
