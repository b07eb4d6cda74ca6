// Requests that only carry something: INFO with a digit (RFC 6086 and what was usual before it)
// inside a dialog, MESSAGE (RFC 3428) in one and outside. Nothing of them is kept.
#pragma once

#include <optional>
#include <string>

#include "sipvoice/call/dialog_requests.hpp"
#include "sipvoice/call/services.hpp"

namespace sipvoice::call {

struct content_limits {
  static constexpr std::size_t max_text = 8192;       ///< of a MESSAGE that comes: else 413
  static constexpr std::size_t max_text_sent = 1024;  ///< of ours: it fits a datagram (RFC 3428 8)
  static constexpr std::size_t max_body_sent = 8192;  ///< of whatever the application sends
};

/// Answers an INFO: a digit is told by call_digit. A body of another type gets 415 with Accept, an
/// Info-Package 469 with Recv-Info (we take none), no body at all 200 (RFC 6086 section 4.2.2), a
/// body that cannot be read 400.
void receive_info(services& s, call_id id, const sip::request_received& r);
/// Answers a MESSAGE: text/plain is told by call_message; another type gets 415 with Accept, a body
/// that is encoded 415 with Accept-Encoding, too long a text 413.
void receive_message(services& s, call_id id, const sip::request_received& r);
/// The same outside a dialog, told by page_message. It makes no dialog: the 200 has no Contact
/// (RFC 3428 section 7).
void receive_page(services& s, const sip::request_received& r);

/// Nothing: no DTMF digit, or a duration that is not 1 ms to a minute.
[[nodiscard]] std::optional<dialog_request> info_digit_request(char digit,
                                                               std::uint32_t duration_ms);
/// Whether it is the value of a Content-Type.
[[nodiscard]] bool is_media_type(std::string_view value);
/// Nothing: in_dialog_request does not allow it. The offer is not in it.
[[nodiscard]] std::optional<dialog_request> application_request(const in_dialog_request& wanted);
/// Nothing: no media type, or too long a body.
[[nodiscard]] std::optional<dialog_request> message_request(const std::string& content_type,
                                                            std::string body);

}  // namespace sipvoice::call
