// What is wrong in a file that somebody wrote, with its place: of routes and scenarios.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace sipvoice::session {

struct mistake {
  std::string file;                             ///< or the option's name
  int line = 0, column = 0;                     ///< from 1; 0: none
  std::string text;                             ///< what, why, and what to do
  [[nodiscard]] std::string to_string() const;  ///< "file:line:column: text", "file: text"
};

/// A word of the file in a message: 'word', what cannot be printed escaped.
[[nodiscard]] std::string quoted(std::string_view word);
/// "; did you mean 'x'?", or nothing.
[[nodiscard]] std::string suggestion(std::string_view word,
                                     std::span<const std::string_view> candidates);

}  // namespace sipvoice::session
