#include "sipvoice/api/mask.hpp"

#include <algorithm>

#include "sipvoice/base/text.hpp"

namespace sipvoice::api {
namespace {

constexpr std::string_view parameter = "response", shown = "***";

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

bool has_credentials(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view name = trim(line.substr(0, colon));
  return iequals(name, "Authorization") || iequals(name, "Proxy-Authorization");
}

std::size_t skip_space(std::string_view text, std::size_t at) {
  while (at < text.size() && is_space(text[at])) ++at;
  return at;
}

/// Behind a quoted string or a token that begins at `at`.
std::size_t end_of_value(std::string_view text, std::size_t at) {
  if (at >= text.size() || text[at] != '"') {
    while (at < text.size() && text[at] != ',' && !is_space(text[at])) ++at;
    return at;
  }
  for (++at; at < text.size() && text[at] != '"'; ++at)
    if (text[at] == '\\') ++at;
  return std::min(at + 1, text.size());
}

/// Also inside what looks quoted: who wrote the header may have written it wrongly.
std::string mask_field(std::string_view field) {
  std::string out;
  for (std::size_t at = 0; at < field.size();) {
    const bool begins = at == 0 || !is_word(field[at - 1]);
    if (!begins || !iequals(field.substr(at, parameter.size()), parameter)) {
      out += field[at++];
      continue;
    }
    std::size_t behind = skip_space(field, at + parameter.size());
    if (behind >= field.size() || field[behind] != '=') {
      out += field[at++];
      continue;
    }
    behind = skip_space(field, behind + 1);
    out += field.substr(at, behind - at);
    out += shown;
    at = end_of_value(field, behind);
  }
  return out;
}

}  // namespace

std::string mask_credentials(std::string_view message) {
  std::string out;
  out.reserve(message.size());
  while (!message.empty()) {
    // One header with the lines that it is folded over.
    std::size_t end = message.find('\n');
    while (end != std::string_view::npos && end + 1 < message.size() &&
           (message[end + 1] == ' ' || message[end + 1] == '\t'))
      end = message.find('\n', end + 1);
    const std::string_view field =
        message.substr(0, end == std::string_view::npos ? message.size() : end + 1);
    out += has_credentials(field) ? mask_field(field) : std::string(field);
    message.remove_prefix(field.size());
  }
  return out;
}

}  // namespace sipvoice::api
