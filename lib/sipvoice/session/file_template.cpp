#include "sipvoice/session/file_template.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include "sipvoice/base/text.hpp"

namespace sipvoice::session {

namespace {

constexpr std::size_t max_value = 120;
// File systems allow 255 bytes; the rest is for "-2" and the like.
constexpr std::size_t max_component = 240;
constexpr std::string_view wav = ".wav", svg = ".svg";
static_assert(wav.size() == svg.size());
constexpr std::array<std::string_view, 7> words = {"call_id", "session_id", "room_id", "caller",
                                                   "callee",  "n",          "start"};

bool is_safe(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || is_digit(c) || c == '.' || c == '_' ||
         c == '-';
}

// The user of sip:user@host, or the host where there is no user.
std::string_view who(std::string_view uri) {
  const std::size_t colon = uri.find(':');
  if (colon != std::string_view::npos) uri.remove_prefix(colon + 1);
  const std::size_t at = uri.rfind('@');
  if (at != std::string_view::npos && at > 0) return uri.substr(0, at);
  return at == 0 ? uri.substr(1) : uri;
}

void put_padded(std::string& out, std::uint64_t value, std::size_t width) {
  const std::string digits = std::to_string(value);
  out.append(width > digits.size() ? width - digits.size() : 0, '0').append(digits);
}

// 20240131T235959Z
std::string timestamp(wall_time t) {
  const auto day = std::chrono::floor<std::chrono::days>(t);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(t - day));
  std::string out;
  put_padded(out, static_cast<std::uint64_t>(static_cast<int>(date.year())), 4);
  put_padded(out, static_cast<unsigned>(date.month()), 2);
  put_padded(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  put_padded(out, static_cast<std::uint64_t>(time.hours().count()), 2);
  put_padded(out, static_cast<std::uint64_t>(time.minutes().count()), 2);
  put_padded(out, static_cast<std::uint64_t>(time.seconds().count()), 2);
  return out + 'Z';
}

std::string value_of(std::string_view word, const call::call_info& info, std::uint64_t n,
                     wall_time start) {
  if (word == "call_id") return safe_name(info.sip_call_id);
  if (word == "session_id") return safe_name(info.session_id);
  if (word == "room_id") return safe_name(info.room_id);
  if (word == "caller") return safe_name(who(info.from_uri));
  if (word == "callee") return safe_name(who(info.to_uri));
  if (word == "n") return std::to_string(n);
  return timestamp(start);
}

// Long values in one name: what makes it too long is cut, the extension stays.
std::string shortened(const std::string& path) {
  std::string out;
  std::string_view rest = path;
  while (!rest.empty()) {
    const bool last = rest.find('/') == std::string_view::npos;
    const std::string_view part = take_until(rest, '/');
    if (part.size() <= max_component)
      out.append(part);
    else if (last)
      out.append(part.substr(0, max_component - wav.size()))
          .append(part.substr(part.size() - wav.size()));
    else
      out.append(part.substr(0, max_component));
    if (!last) out += '/';
  }
  return out;
}

}  // namespace

std::string safe_name(std::string_view value) {
  std::string out(value.substr(0, max_value));
  for (char& c : out)
    if (!is_safe(c)) c = '_';
  if (out.empty()) return "_";
  if (out.front() == '.') out.front() = '_';
  return out;
}

namespace {

result<void> check_words(std::string_view text) {
  if (text.empty()) return failure{"it is empty", 0};
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (static_cast<unsigned char>(text[i]) < 0x20)
      return failure{"a control character in a file name", i};
    if (text[i] == '}') return failure{"a closing brace without an opening one", i};
    if (text[i] != '{') continue;
    const std::size_t end = text.find_first_of("{}", i + 1);
    if (end == std::string_view::npos || text[end] == '{')
      return failure{"an opening brace without a closing one", i};
    if (std::find(words.begin(), words.end(), text.substr(i + 1, end - i - 1)) == words.end())
      return failure{
          "unknown word; there are {call_id} {session_id} {room_id} {caller} {callee} {n} {start}",
          i};
    i = end;
  }
  return {};
}

bool ends_in(std::string_view name, std::string_view extension) {
  return name.size() >= extension.size() &&
         iequals(name.substr(name.size() - extension.size()), extension);
}

std::string_view file_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

result<void> check_template(std::string_view text) {
  if (const auto words_known = check_words(text); !words_known) return words_known;
  if (!ends_in(file_name(text), wav))
    return failure{"recordings are WAV files: the name must end in .wav", text.size()};
  if (file_name(text).size() == wav.size()) return failure{"no name before .wav", text.size()};
  return {};
}

result<void> check_picture_template(std::string_view text) {
  if (const auto words_known = check_words(text); !words_known) return words_known;
  if (!ends_in(file_name(text), svg))
    return failure{"pictures are SVG files: the name must end in .svg", text.size()};
  if (file_name(text).size() == svg.size()) return failure{"no name before .svg", text.size()};
  return {};
}

std::string expand_template(std::string_view text, const call::call_info& info, std::uint64_t n,
                            wall_time start) {
  std::string out;
  std::string_view rest = text;
  while (!rest.empty()) {
    const bool has_word = rest.find('{') != std::string_view::npos;
    out.append(take_until(rest, '{'));
    if (has_word) out += value_of(take_until(rest, '}'), info, n, start);
  }
  return shortened(out);
}

}  // namespace sipvoice::session
