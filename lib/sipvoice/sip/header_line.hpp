// One printed header line.
#pragma once

#include <cstring>
#include <string>
#include <string_view>

namespace sipvoice::sip {

/// Appends `name: value CRLF`, growing `text` once.
inline void append_line(std::string& text, std::string_view name, std::string_view value) {
  const std::size_t at = text.size();
  text.resize(at + name.size() + value.size() + 4);
  char* p = text.data() + at;
  std::memcpy(p, name.data(), name.size());
  p += name.size();
  std::memcpy(p, ": ", 2);
  p += 2;
  if (!value.empty()) std::memcpy(p, value.data(), value.size());
  std::memcpy(p + value.size(), "\r\n", 2);
}

/// Appends a whole line and its CRLF.
inline void append_copy(std::string& text, std::string_view line) {
  text.append(line).append("\r\n", 2);
}

}  // namespace sipvoice::sip
