// The body of a NOTIFY about a REFER: a piece of a SIP message, of which the status line counts
// (RFC 3420, RFC 3515 section 2.4.5).
#pragma once

#include <string>
#include <string_view>

#include "sipvoice/base/result.hpp"

namespace sipvoice::sip {

struct sipfrag_status {
  int status = 0;           ///< 100 to 699
  std::string_view reason;  ///< a view of the body; may be empty

  /// Longer first lines are refused.
  static constexpr std::size_t max_line = 512;

  /// Reads the first line; what follows it is not looked at. Line ends may be LF alone, and empty
  /// lines may come before it.
  [[nodiscard]] static result<sipfrag_status> parse(std::string_view body);
};

/// "SIP/2.0 180 Ringing" with its line end.
[[nodiscard]] std::string print_sipfrag(int status, std::string_view reason);

}  // namespace sipvoice::sip
