// SIP header fields: known names with their compact forms, and typed values read on demand.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sipvoice/base/result.hpp"
#include "sipvoice/sip/method.hpp"
#include "sipvoice/sip/uri.hpp"

namespace sipvoice::sip {

enum class header_id : std::uint8_t {
  other,
  via,
  from,
  to,
  call_id,
  cseq,
  contact,
  max_forwards,
  route,
  record_route,
  content_length,
  content_type,
  content_encoding,
  content_disposition,
  accept,
  accept_encoding,
  accept_language,
  allow,
  supported,
  require,
  proxy_require,
  unsupported,
  user_agent,
  server,
  warning,
  retry_after,
  expires,
  min_expires,
  authorization,
  www_authenticate,
  proxy_authenticate,
  proxy_authorization,
  authentication_info,
  reason,
  rseq,
  rack,
  session_expires,
  min_se,
  refer_to,
  referred_by,
  refer_sub,
  replaces,
  event,
  subscription_state,
  allow_events,
  date,
  timestamp,
  subject,
  mime_version,
  path,
  service_route,
  sip_etag,
  sip_if_match,
};

/// Without regard to case; full and compact names (RFC 3261 section 7.3.3).
[[nodiscard]] header_id header_of(std::string_view name);
/// The full name as the RFC spells it; empty for `other`.
[[nodiscard]] std::string_view name_of(header_id id);
/// Headers of the dialog, its routing or the body. We write them ourselves: one more of them, from
/// an option or a file, would break the message.
[[nodiscard]] bool is_protected(header_id id);

/// Parameters after the value: `;name=value;name="quoted";flag`. A view, scanned on demand.
struct params_view {
  std::string_view text;  ///< from the first ';' on, or empty
  /// Value with its quotes, empty when there is none; nothing when the parameter is absent.
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const { return get(name).has_value(); }
};

/// RFC 3261 section 20.42.
struct via {
  std::string_view transport;  ///< "UDP", "TCP", "TLS", anything
  std::string_view host;       ///< IPv6 without brackets
  bool host_is_v6 = false;
  std::uint16_t port = 0;  ///< 0: none
  params_view params;
  std::string_view branch_value;  ///< of `params`, found while they were read
  [[nodiscard]] std::string_view branch() const { return branch_value; }  ///< empty when absent
  [[nodiscard]] bool wants_rport() const { return params.has("rport"); }
  /// One Via value (no comma list).
  [[nodiscard]] static result<via> parse(std::string_view value);
};

/// From, To, Contact, Route, Record-Route, Refer-To (RFC 3261 section 20.10). One value.
struct name_addr {
  std::string_view display;  ///< with its quotes when it has them; may be empty
  std::string_view uri_text;
  uri address;
  params_view params;          ///< header parameters (tag, expires, q), not the URI's
  std::string_view tag_value;  ///< of `params`, found while they were read
  [[nodiscard]] std::string_view tag() const { return tag_value; }  ///< empty when absent
  [[nodiscard]] std::string display_text() const;                   ///< quotes and escapes removed
  [[nodiscard]] static result<name_addr> parse(std::string_view value);
};

/// RFC 3261 section 20.16. The number is below 2^31 (8.1.1.5); up to 2^32-1 is read.
struct cseq {
  std::uint32_t number = 0;
  std::string_view method_name;
  sip::method method = sip::method::other;
  [[nodiscard]] static result<cseq> parse(std::string_view value);
};

/// `type/subtype` of Content-Type, lower case compared without its parameters.
[[nodiscard]] bool media_type_is(std::string_view content_type, std::string_view type_and_subtype);

/// Calls `each(std::string_view value)` for every element of a comma-separated header value,
/// minding quotes and angle brackets (RFC 3261 section 7.3.1); trimmed; empty elements included.
template <class F>
void for_each_element(std::string_view value, F&& each);
/// The end of the first element of a comma list: its length within `value`.
[[nodiscard]] std::size_t element_length(std::string_view value);

template <class F>
void for_each_element(std::string_view value, F&& each) {
  while (true) {
    const std::size_t n = element_length(value);
    std::string_view one = value.substr(0, n);
    while (!one.empty() && (one.front() == ' ' || one.front() == '\t')) one.remove_prefix(1);
    while (!one.empty() && (one.back() == ' ' || one.back() == '\t')) one.remove_suffix(1);
    each(one);
    if (n >= value.size()) return;
    value.remove_prefix(n + 1);
  }
}

}  // namespace sipvoice::sip
