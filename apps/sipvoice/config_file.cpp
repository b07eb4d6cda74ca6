#include "config_file.hpp"

#include <fstream>
#include <sstream>

#include "errors.hpp"
#include "sipvoice/base/text.hpp"

namespace sipvoice::app {
namespace {

/// One line of the file.
class line_reader {
 public:
  line_reader(std::string_view line, const std::string& file, int number)
      : text_(line), file_(file), number_(number) {}

  [[noreturn]] void fail(const std::string& what) const {
    throw usage_error(file_ + ":" + std::to_string(number_) + ":" + std::to_string(column()) +
                      ": " + what);
  }
  [[nodiscard]] int column() const { return static_cast<int>(at_) + 1; }
  void skip_space() {
    while (at_ < text_.size() && (is_space(text_[at_]) || text_[at_] == '\r')) ++at_;
  }
  [[nodiscard]] bool at_end() {
    skip_space();
    return at_ >= text_.size() || text_[at_] == '#';
  }
  bool take(char c) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  std::string word(std::string_view ends) {
    const std::size_t begin = at_;
    while (at_ < text_.size() && ends.find(text_[at_]) == std::string_view::npos) ++at_;
    return std::string(trim(text_.substr(begin, at_ - begin)));
  }
  std::string quoted(char quote) {
    std::string value;
    for (; at_ < text_.size() && text_[at_] != quote; ++at_) {
      const bool escape = quote == '"' && text_[at_] == '\\' && at_ + 1 < text_.size();
      value += escape ? unescape(text_[++at_]) : text_[at_];
    }
    if (at_ >= text_.size()) fail(std::string("the text lacks its closing ") + quote);
    ++at_;
    return value;
  }
  std::string value(std::string_view ends) {
    if (take('"')) return quoted('"');
    if (take('\'')) return quoted('\'');
    std::string bare = word(ends);
    if (bare.empty()) fail("a value is missing; an empty one is written \"\"");
    return bare;
  }

 private:
  [[nodiscard]] char unescape(char c) const {
    switch (c) {
      case 'n':
        return '\n';
      case 't':
        return '\t';
      case '"':
      case '\\':
        return c;
      default:
        fail("unknown escape in \"...\"; use '...' for text with backslashes");
    }
  }

  std::string_view text_;
  const std::string& file_;
  int number_;
  std::size_t at_ = 0;
};

std::vector<std::string> values_of(line_reader& line) {
  if (!line.take('[')) return {line.value("#")};
  std::vector<std::string> values;
  while (!line.take(']')) {
    if (line.at_end()) line.fail("the list lacks its closing ]; a list stands on one line");
    values.push_back(line.value(",]#"));
    if (line.take(']')) break;
    if (!line.take(',')) line.fail("',' or ']' is missing in the list");
  }
  return values;
}

}  // namespace

std::vector<config_item> parse_config(std::string_view text, const std::string& file) {
  std::vector<config_item> items;
  std::string section;
  for (int number = 1; !text.empty(); ++number) {
    line_reader line(take_until(text, '\n'), file, number);
    if (line.at_end()) continue;
    if (line.take('[')) {
      section = line.word("]#");
      if (section.empty() || !line.take(']')) line.fail("a section is written [command]");
    } else {
      config_item item{section, {}, {}, number, line.column()};
      item.key = line.word("=#");
      if (item.key.empty() || !line.take('=')) line.fail("'option = value' was expected");
      item.values = values_of(line);
      items.push_back(std::move(item));
    }
    if (!line.at_end()) line.fail("unexpected text after the value; quote a value with spaces");
  }
  return items;
}

std::vector<config_item> read_config(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (in) text << in.rdbuf();
  if (!in) throw usage_error("--config: cannot read '" + file + "'; check the path");
  return parse_config(text.str(), file);
}

}  // namespace sipvoice::app
