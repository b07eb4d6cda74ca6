// sip: and sips: URIs (RFC 3261 section 19.1). Parsed into views of the text that was given.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sipvoice/base/result.hpp"

namespace sipvoice::sip {

/// Views into the parsed text, which must outlive it. Nothing is unescaped.
struct uri {
  std::string_view text;      ///< all of it
  std::string_view scheme;    ///< "sip", "sips", or any other as it stands ("tel", ...)
  std::string_view user;      ///< without password; may hold ';' and '%XX'
  std::string_view password;  ///< deprecated by 19.1.1, read and kept
  std::string_view host;      ///< name or IPv4, or IPv6 without its brackets
  bool host_is_v6 = false;
  std::uint16_t port = 0;    ///< 0: none given
  std::string_view params;   ///< from the first ';' on, without it
  std::string_view headers;  ///< after '?', without it

  [[nodiscard]] bool is_sip() const;  ///< sip or sips
  [[nodiscard]] bool is_sips() const;
  /// Value of a URI parameter ("lr", "transport", "maddr"), compared without case; empty view with
  /// data() != nullptr when it stands without a value; nothing when it is absent.
  [[nodiscard]] std::optional<std::string_view> param(std::string_view name) const;
  /// `scheme:user@host:port` only, as routes match it (no password, parameters or headers).
  [[nodiscard]] std::string without_params() const;

  /// `headers` one by one, decoded: "Subject=a%20b&X-Id=7".
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> header_list() const;

  /// Any scheme is accepted when its syntax is that of a URI; for sip and sips the parts are read,
  /// for others only `scheme` and `text` are set. RFC 3261 25.1, RFC 5118.
  [[nodiscard]] static result<uri> parse(std::string_view text);
};

/// %XX decoded once; a malformed escape stays as it is. %00 becomes a NUL byte and does not end it.
[[nodiscard]] std::string unescape(std::string_view s);
/// Equality of RFC 3261 section 19.1.4.
[[nodiscard]] bool equivalent(const uri& a, const uri& b);

}  // namespace sipvoice::sip
