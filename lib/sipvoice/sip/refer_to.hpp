// The Refer-To header: whom a REFER wants called (RFC 3515 section 2.1), and Referred-By, which
// says on whose word (RFC 3892).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sipvoice/base/result.hpp"
#include "sipvoice/sip/replaces.hpp"

namespace sipvoice::sip {

struct refer_to {
  std::string target;  ///< URI without its headers and its `method` parameter: what is called
  std::string scheme;  ///< lower case; what is neither sip nor sips cannot be called
  std::string method;  ///< the `method` parameter; empty: INVITE (RFC 3515 section 2.1)
  std::optional<sip::replaces> replaces;  ///< of the URI's headers, unescaped (RFC 3891 section 4)

  /// Longer values are refused.
  static constexpr std::size_t max_size = 2048;

  /// One header value. Fails on what is no address, and on a Replaces that cannot be read or stands
  /// twice. Other headers of the URI are left out: a peer does not write our INVITE.
  [[nodiscard]] static result<refer_to> parse(std::string_view value);
  /// "<target?Replaces=...>", escaped; `target` is a sip or sips URI without headers.
  [[nodiscard]] static std::string print(std::string_view target,
                                         const std::optional<sip::replaces>& replaces);
};

/// Text as the value of a header inside a URI: what is not `hnv-unreserved / unreserved` becomes
/// %XX.
[[nodiscard]] std::string escape_uri_header(std::string_view value);

inline constexpr std::size_t max_referred_by = 512;  ///< bytes; longer ones are not passed on
/// True when the value can be copied into the INVITE that a REFER leads to.
[[nodiscard]] bool is_referred_by(std::string_view value);

}  // namespace sipvoice::sip
