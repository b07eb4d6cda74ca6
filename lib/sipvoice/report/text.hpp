// What reports have in common: text that came from anywhere made fit to be looked at, and numbers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sipvoice::report {

enum class text_layout : std::uint8_t {
  one_line,  ///< line ends are written as \r and \n, a tab is a blank
  lines      ///< line ends stay (CRLF as LF), and so do tabs
};

/// Valid UTF-8 without anything that acts on whoever shows it: control characters and bytes that
/// are no UTF-8 become \xNN, those that turn the direction of text or are in no XML document
/// \u{N}. At most about `limit` bytes, then "...".
[[nodiscard]] std::string readable(std::string_view text,
                                   text_layout layout = text_layout::one_line,
                                   std::size_t limit = 2000);
/// The same, for HTML: as text and between double quotes.
[[nodiscard]] std::string html_text(std::string_view text,
                                    text_layout layout = text_layout::one_line,
                                    std::size_t limit = 2000);

/// How many columns of a terminal readable text takes: wide characters two, combining ones none.
[[nodiscard]] std::size_t column_count(std::string_view readable_text);
/// Cut to `columns` with "..." at its end, or filled with blanks where `fill` says so.
[[nodiscard]] std::string fitted(std::string_view readable_text, std::size_t columns, bool fill);

/// With so many decimals, whatever the locale; what is no number is 0.
[[nodiscard]] std::string fixed(double value, int decimals);
/// "0.213 s", "12.3 s", "1:02:03".
[[nodiscard]] std::string time_text(double ms);

}  // namespace sipvoice::report
