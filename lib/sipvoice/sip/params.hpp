// Header parameters, one at a time.
//
//   generic-param = token [ EQUAL gen-value ]
//   gen-value     = token / host / quoted-string
//   SEMI, EQUAL   = SWS ( ";" / "=" ) SWS                                  (RFC 3261 section 25.1)
//
// Values are read as anything without spaces, so that the addresses of RFC 5118 4.5 pass with and
// without brackets. An empty parameter (";;") is malformed, as RFC 4475 3.1.2.1 wants.
#pragma once

#include <string_view>

namespace sipvoice::sip {

struct param {
  std::string_view name;
  std::string_view value;  ///< with its quotes; empty and data() != nullptr when there is none
  std::string_view whole;  ///< from the name to the end of the value, as it stands
};

enum class param_step { one, end, malformed };

/// Takes one `;name=value` off the front of `rest`.
[[nodiscard]] param_step take_param(std::string_view& rest, param& out);

/// True for an empty text and for a well-formed list of parameters.
[[nodiscard]] bool params_are_readable(std::string_view text);
/// The same; `value` becomes that of the first parameter with this name, and stays as it is when
/// there is none.
[[nodiscard]] bool params_are_readable(std::string_view text, std::string_view name,
                                       std::string_view& value);

/// Length of the quoted string at the front of `text`, its quotes included; 0 when it does not end.
[[nodiscard]] std::size_t quoted_length(std::string_view text);

[[nodiscard]] constexpr std::string_view skip_space(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  return s;
}

}  // namespace sipvoice::sip
