// What is seen in the field:
//
//   dtmf-relay = 1*( line ( CRLF / LF ) )
//   line       = name SWS "=" SWS value ; "Signal" and "Duration" in any case, others are ignored
//   Signal     = DIGIT / "*" / "#" / "A".."D" / "10" (*) / "11" (#) / "12".."15" (A..D) / "16" or
//                "hf" or "flash" (hook flash)
//   Duration   = 1*DIGIT ; milliseconds
//
//   dtmf       = signal ; or "d=" signal
//
// The numbers are those of RFC 4733's events.
#include "sipvoice/sip/info_digit.hpp"

#include <algorithm>

#include "sipvoice/base/text.hpp"

namespace sipvoice::sip {
namespace {

constexpr std::string_view digits = "0123456789*#ABCD";

/// False when it is no signal at all.
bool read_signal(std::string_view text, std::optional<char>& digit) {
  if (text.size() == 1) {
    const char c = text.front() >= 'a' && text.front() <= 'd'
                       ? static_cast<char>(text.front() - ('a' - 'A'))
                       : text.front();
    digit = c;
    return is_dtmf_digit(c);
  }
  if (iequals(text, "flash") || iequals(text, "hf") || iequals(text, "hookflash")) return true;
  const auto number = parse_decimal(text, 16);
  if (!number || text.size() > 2) return false;
  if (*number < digits.size()) digit = digits[*number];
  return true;
}

}  // namespace

bool is_dtmf_digit(char c) { return digits.find(c) != std::string_view::npos; }

result<info_digit> info_digit::parse_relay(std::string_view body) {
  if (body.size() > max_body) return failure{"dtmf-relay that is too long", max_body};
  info_digit out;
  bool found = false;
  while (!body.empty()) {
    std::string_view value = take_until(body, '\n');
    if (value.find('=') == std::string_view::npos) continue;
    const std::string_view name = trim(take_until(value, '='));
    value = trim(value);
    if (iequals(name, "Signal")) {
      if (found) return failure{"dtmf-relay with two signals"};
      if (!read_signal(value, out.digit)) return failure{"dtmf-relay with an unknown signal"};
      found = true;
    } else if (iequals(name, "Duration")) {
      const auto ms = parse_decimal(value, 0xffffffff);
      if (!ms) return failure{"dtmf-relay with an unreadable duration"};
      out.duration_ms = static_cast<std::uint32_t>(std::min<std::uint64_t>(*ms, max_duration_ms));
    }
  }
  if (!found) return failure{"dtmf-relay without a signal"};
  return out;
}

result<info_digit> info_digit::parse_plain(std::string_view body) {
  if (body.size() > max_body) return failure{"dtmf that is too long", max_body};
  std::string_view text = trim(body);
  if (text.size() > 2 && to_lower(text.front()) == 'd' && text[1] == '=')
    text = trim(text.substr(2));
  info_digit out;
  if (!read_signal(text, out.digit)) return failure{"dtmf with an unknown signal"};
  return out;
}

std::string print_dtmf_relay(char digit, std::uint32_t duration_ms) {
  std::string s = "Signal=";
  s += digit;
  return s + "\r\nDuration=" + std::to_string(duration_ms) + "\r\n";
}

}  // namespace sipvoice::sip
