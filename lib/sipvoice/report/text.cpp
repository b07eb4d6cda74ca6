#include "sipvoice/report/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace sipvoice::report {
namespace {

constexpr char32_t none = 0xffffffff;

/// The character at the beginning of `text` and its bytes (RFC 3629); `none` and 1 where it is not
/// UTF-8: too long, a surrogate, past the last plane, cut off.
std::pair<char32_t, std::size_t> decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return {none, 1};
  char32_t c = first & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {none, 1};
    c = (c << 6) | (byte(i) & 0x3fU);
  }
  const bool too_long = (size == 3 && c < 0x800) || (size == 4 && c < 0x10000);
  if (too_long || (c >= 0xd800 && c <= 0xdfff) || c > 0x10ffff) return {none, 1};
  return {c, size};
}

bool between(char32_t c, char32_t low, char32_t high) { return c >= low && c <= high; }

/// Turns the direction of what follows, ends a line for some, or is no character at all.
bool acts(char32_t c) {
  return between(c, 0x200b, 0x200f) || between(c, 0x2028, 0x202e) || between(c, 0x2060, 0x206f) ||
         c == 0xfeff || c == 0x061c || between(c, 0xfff9, 0xfffb) || (c & 0xfffe) == 0xfffe ||
         between(c, 0xfdd0, 0xfdef) || between(c, 0xe0000, 0xe0fff);
}

void append_hex(std::string& out, std::uint32_t value, int digits) {
  constexpr std::string_view hex = "0123456789abcdef";
  for (int i = digits - 1; i >= 0; --i) out += hex[(value >> (4 * i)) & 15];
}

void append_escaped(std::string& out, char32_t c, unsigned char first) {
  if (c == none || c < 0x100) {
    out += "\\x";
    append_hex(out, c == none ? first : c, 2);
  } else {
    out += "\\u{";
    append_hex(out, c, c > 0xffff ? 6 : 4);
    out += "}";
  }
}

/// Columns of a character by Unicode's East Asian Width, roughly: emoji and CJK are wide.
std::size_t width_of(char32_t c) {
  if (between(c, 0x300, 0x36f) || between(c, 0x20d0, 0x20ff) || between(c, 0xfe00, 0xfe0f))
    return 0;
  const bool wide =
      between(c, 0x1100, 0x115f) || between(c, 0x2e80, 0xa4cf) || between(c, 0xac00, 0xd7a3) ||
      between(c, 0xf900, 0xfaff) || between(c, 0xfe30, 0xfe6f) || between(c, 0xff00, 0xff60) ||
      between(c, 0xffe0, 0xffe6) || between(c, 0x1f300, 0x1faff) || between(c, 0x20000, 0x3fffd);
  return wide ? 2 : 1;
}

}  // namespace

std::string readable(std::string_view text, text_layout layout, std::size_t limit) {
  const bool lines = layout == text_layout::lines;
  std::string out;
  out.reserve(std::min(text.size(), limit) + 16);
  for (std::size_t i = 0; i < text.size();) {
    if (out.size() >= limit) return out + "...";
    const auto [c, size] = decode(text.substr(i));
    if (c == '\r' && lines && i + 1 < text.size() && text[i + 1] == '\n') {
      // The line end is the LF.
    } else if (c == '\n') {
      out += lines ? "\n" : "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += lines ? "\t" : " ";
    } else if (c == none || c < 0x20 || between(c, 0x7f, 0x9f) || acts(c)) {
      append_escaped(out, c, static_cast<unsigned char>(text[i]));
    } else {
      out += text.substr(i, size);
    }
    i += size;
  }
  return out;
}

std::string html_text(std::string_view text, text_layout layout, std::size_t limit) {
  std::string out;
  for (const char c : readable(text, layout, limit)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::size_t column_count(std::string_view readable_text) {
  std::size_t columns = 0;
  while (!readable_text.empty()) {
    const auto [c, size] = decode(readable_text);
    columns += width_of(c);
    readable_text.remove_prefix(size);
  }
  return columns;
}

std::string fitted(std::string_view readable_text, std::size_t columns, bool fill) {
  const std::size_t all = column_count(readable_text);
  std::string out(readable_text);
  std::size_t taken = all;
  if (all > columns) {
    const std::string_view dots =
        std::string_view("...").substr(0, std::min<std::size_t>(3, columns));
    std::size_t bytes = 0;
    taken = 0;
    while (bytes < readable_text.size()) {
      const auto [c, size] = decode(readable_text.substr(bytes));
      if (taken + width_of(c) + dots.size() > columns) break;
      taken += width_of(c);
      bytes += size;
    }
    out = std::string(readable_text.substr(0, bytes)) + std::string(dots);
    taken += dots.size();
  }
  if (fill && taken < columns) out.append(columns - taken, ' ');
  return out;
}

std::string fixed(double value, int decimals) {
  constexpr double most = 1e15;
  if (!std::isfinite(value)) value = 0;
  value = std::clamp(value, -most, most);
  std::array<char, 64> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value,
                                 std::chars_format::fixed, decimals);
  std::string out(digits.data(), end.ptr);
  // What was rounded to nothing has no sign.
  if (out.front() == '-' && out.find_first_not_of("-0.") == std::string::npos) out.erase(0, 1);
  return out;
}

std::string time_text(double ms) {
  if (!std::isfinite(ms)) ms = 0;
  const double seconds = ms / 1000;
  if (std::abs(seconds) < 9.9995) return fixed(seconds, 3) + " s";
  if (std::abs(seconds) < 99.95) return fixed(seconds, 1) + " s";
  const auto whole = static_cast<long long>(std::min(std::round(std::abs(seconds)), 1e12));
  const auto two = [](long long n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  std::string out = seconds < 0 ? "-" : "";
  if (whole >= 3600)
    return out + std::to_string(whole / 3600) + ":" + two(whole / 60 % 60) + ":" + two(whole % 60);
  return out + std::to_string(whole / 60) + ":" + two(whole % 60) + " min";
}

}  // namespace sipvoice::report
