#include "sipvoice/session/mistake.hpp"

#include "sipvoice/base/text.hpp"

namespace sipvoice::session {

std::string mistake::to_string() const {
  std::string out = file;
  if (line > 0) out += ":" + std::to_string(line);
  if (line > 0 && column > 0) out += ":" + std::to_string(column);
  return out + ": " + text;
}

std::string quoted(std::string_view word) { return "'" + printable(word) + "'"; }

std::string suggestion(std::string_view word, std::span<const std::string_view> candidates) {
  const std::string_view near = nearest_word(word, candidates);
  return near.empty() ? "" : "; did you mean '" + std::string(near) + "'?";
}

}  // namespace sipvoice::session
