#include "route_source.hpp"

#include "text_file.hpp"

namespace sipvoice::app {
namespace {

/// Routes are written by hand: more than this is no routes file.
constexpr std::size_t max_file_bytes = std::size_t{4} << 20;

bool read(const std::string& file, std::string& text, std::string& error) {
  if (!read_text_file(file, max_file_bytes, text, error)) return false;
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
