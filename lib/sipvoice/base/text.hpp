// Text scanning that protocols share: ASCII only, no locale, no allocation unless said.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sipvoice {

[[nodiscard]] constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}
[[nodiscard]] constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
[[nodiscard]] constexpr bool is_space(char c) { return c == ' ' || c == '\t'; }
namespace detail {

constexpr std::array<bool, 256> make_token_table() {
  std::array<bool, 256> table{};
  for (char c = '0'; c <= '9'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (char c = 'a'; c <= 'z'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (char c = 'A'; c <= 'Z'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (const char c : std::string_view("-.!%*_+`'~")) table[static_cast<unsigned char>(c)] = true;
  return table;
}
inline constexpr auto token_table = make_token_table();

/// Of the same length.
[[nodiscard]] bool same_letters(const char* a, const char* b, std::size_t size);

}  // namespace detail

/// RFC 3261 section 25.1 `token`.
[[nodiscard]] constexpr bool is_token_char(char c) {
  return detail::token_table[static_cast<unsigned char>(c)];
}
[[nodiscard]] bool is_token(std::string_view s);  ///< one token character or more

/// Equal without regard to ASCII case.
[[nodiscard]] inline bool iequals(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  if (a.empty()) return true;
  // Most pairs differ in their first letters: those are told apart here, whatever their case.
  constexpr int without_case = ~0x20;
  if ((a.front() & without_case) != (b.front() & without_case)) return false;
  return detail::same_letters(a.data(), b.data(), a.size());
}
/// Appends the digits of a number.
void append_decimal(std::string& text, std::uint64_t number);
[[nodiscard]] std::string to_lower(std::string_view s);
/// Without spaces, tabs, CR and LF at both ends.
[[nodiscard]] std::string_view trim(std::string_view s);

/// All of `s` as an unsigned decimal number not above `max`; leading zeros are fine. Nothing for an
/// empty text, any other character, or a larger number.
[[nodiscard]] std::optional<std::uint64_t> parse_decimal(std::string_view s, std::uint64_t max);

/// Takes the text before the first `separator` off `rest` (all of it where there is none).
[[nodiscard]] std::string_view take_until(std::string_view& rest, char separator);

/// The candidate that `word` probably was meant to be (edit distance at most a third of its length,
/// at least 1), or an empty view. For "did you mean".
[[nodiscard]] std::string_view nearest_word(std::string_view word,
                                            std::span<const std::string_view> candidates);

/// Control characters, quotes and non-ASCII bytes as \xNN: for logs and error texts. At most
/// `limit` bytes of the input, then "...".
[[nodiscard]] std::string printable(std::string_view s, std::size_t limit = 120);

}  // namespace sipvoice
