// A SIP message: parsed in place, printed by appending.
//
// A parsed message owns one buffer; header fields are ranges of it, typed values are read when
// asked for (RFC 3261 section 7). Folded lines are unfolded in place. Parsing is deliberately
// tolerant: what is a request with a Via is kept as a message even when something in it is wrong,
// so that the user agent can answer 400; `defect()` tells the first thing that is wrong with the
// framing, and `check()` what is wrong with the mandatory headers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sipvoice/base/address.hpp"
#include "sipvoice/base/memo.hpp"
#include "sipvoice/base/result.hpp"
#include "sipvoice/sip/header.hpp"
#include "sipvoice/sip/method.hpp"

namespace sipvoice::sip {

/// Bounds of what is accepted; beyond them parse() fails or `defect()` is set. `max_datagram` is
/// kept by whoever receives: a message of a stream may be longer.
struct message_limits {
  static constexpr std::size_t max_headers = 256;      ///< header lines in one message
  static constexpr std::size_t max_start_line = 8192;  ///< bytes
  static constexpr std::size_t max_datagram = 65535;   ///< bytes, UDP
};

class message {
 public:
  struct field {
    header_id id = header_id::other;
    std::uint32_t name_at = 0, name_size = 0;
    std::uint32_t value_at = 0, value_size = 0;
  };

  /// Parses one datagram, or one framed message of a stream (`bytes` is all of it; body included).
  /// Leading CRLFs are skipped. Fails when it is not SIP at all (no start line of a request or a
  /// response): such bytes are dropped and counted. Octets behind Content-Length are ignored.
  /// Without a Content-Length all that is left is the body (RFC 3261 18.3). A header value never
  /// holds CR or LF (a stray CR is a defect and becomes a space); it may hold NUL.
  [[nodiscard]] static result<message> parse(std::string bytes);

  [[nodiscard]] bool is_request() const { return status_ == 0; }
  [[nodiscard]] sip::method method() const { return method_; }  ///< a request's, or of CSeq
  [[nodiscard]] std::string_view method_name() const;           ///< a request's, as it stands
  [[nodiscard]] std::string_view request_uri() const;
  [[nodiscard]] int status() const { return status_; }  ///< 100..699; 0 of a request
  [[nodiscard]] std::string_view reason_phrase() const;
  [[nodiscard]] std::string_view version() const;  ///< "SIP/2.0" or what stands there

  /// First thing wrong with the message as such ("two different Content-Length", "Content-Length
  /// beyond the datagram", "header line without a colon", ...); nullptr when there is none.
  [[nodiscard]] const char* defect() const { return defect_; }
  /// First thing wrong with start line or mandatory headers of RFC 3261 8.1.1 / 8.2 (missing or
  /// repeated To, From, CSeq, Call-ID; CSeq method mismatch; unreadable Request-URI, Via, From, To,
  /// Contact, Max-Forwards); nullptr when there is none. Includes defect(). The version is not
  /// checked here (505), nor is a Request-URI of another scheme than sip wrong here (416).
  [[nodiscard]] const char* check() const;

  [[nodiscard]] const std::vector<field>& fields() const { return fields_; }
  [[nodiscard]] std::string_view name(const field& f) const { return at(f.name_at, f.name_size); }
  [[nodiscard]] std::string_view value(const field& f) const {
    return at(f.value_at, f.value_size);
  }
  /// Value of the first field of that name; empty when there is none.
  [[nodiscard]] std::string_view value(header_id id) const;
  [[nodiscard]] std::string_view value(std::string_view name) const;
  [[nodiscard]] bool has(header_id id) const;
  [[nodiscard]] std::size_t count(header_id id) const;

  /// Every element of every field of that name, comma lists split, in order.
  template <class F>
  void for_each(header_id id, F&& each) const {
    for (const field& f : fields_)
      if (f.id == id) for_each_element(value(f), each);
  }
  /// True when a comma list of tokens (Supported, Require, Allow) has `token`, without case.
  [[nodiscard]] bool lists(header_id id, std::string_view token) const;

  // Read once and kept; what they view lives as long as this message does, unmoved.
  /// The Request-URI; fails of a response.
  [[nodiscard]] const result<uri>& target() const;
  [[nodiscard]] const result<via>& top_via() const;
  [[nodiscard]] const result<name_addr>& from() const;
  [[nodiscard]] const result<name_addr>& to() const;
  [[nodiscard]] const result<sip::cseq>& cseq() const;
  /// First Contact; fails when there is none.
  [[nodiscard]] const result<name_addr>& contact() const;
  [[nodiscard]] std::string_view call_id() const { return value(header_id::call_id); }
  [[nodiscard]] std::string_view body() const { return at(body_at_, body_size_); }
  [[nodiscard]] const std::string& bytes() const { return buffer_; }

 private:
  [[nodiscard]] std::string_view at(std::uint32_t offset, std::uint32_t size) const {
    return std::string_view(buffer_).substr(offset, size);
  }

  struct parser;

  std::string buffer_;
  std::vector<field> fields_;
  const char* defect_ = nullptr;
  int status_ = 0;
  sip::method method_ = sip::method::other;
  std::uint32_t start_at_[3] = {0, 0, 0};  // the three parts of the start line
  std::uint32_t start_size_[3] = {0, 0, 0};
  std::uint32_t body_at_ = 0, body_size_ = 0;
  memo<result<uri>> target_;
  memo<result<via>> top_via_;
  memo<result<name_addr>> from_, to_, contact_;
  memo<result<sip::cseq>> cseq_;
};

/// True of a value that an application may give: no CR, LF or NUL.
[[nodiscard]] bool is_safe_value(std::string_view value);

/// Prints a message by appending to one string. Values with CR or LF, and a start line with NUL,
/// throw std::invalid_argument: whoever takes them from outside checks `is_safe_value` first. A
/// value of a peer's message has no line end; it may hold NUL (in a quoted-pair: RFC 4475 3.1.1.2),
/// and goes out as it came.
class message_builder {
 public:
  /// `room`: a string whose memory is used again; what stands in it goes.
  [[nodiscard]] static message_builder request(std::string_view method, std::string_view uri,
                                               std::string room = {});
  /// `reason` empty: the standard phrase of the status.
  [[nodiscard]] static message_builder response(int status, std::string_view reason = {});
  /// A response to `request` (RFC 3261 section 8.2.6): copies Via (top one with `received`, and
  /// `rport` filled in when asked for; RFC 3581), From, To (with `to_tag` added when it has none
  /// and to_tag is not empty), Call-ID, CSeq, and Record-Route for 101..299.
  [[nodiscard]] static message_builder response_to(const message& request, int status,
                                                   const socket_address& source,
                                                   std::string_view to_tag,
                                                   std::string_view reason = {});

  message_builder& add(header_id id, std::string_view value);
  message_builder& add(std::string_view name, std::string_view value);
  message_builder& add(header_id id, std::uint64_t value);
  /// A header as it came, NULs included: parse() has taken out whatever could end a line.
  message_builder& copy(const message& from, const message::field& f);
  /// Adds Content-Type (when there is a body) and Content-Length, the empty line and the body.
  [[nodiscard]] std::string finish(std::string_view content_type = {}, std::string_view body = {});

 private:
  explicit message_builder(std::string room);
  std::string text_;
};

/// "OK" for 200, and so on for every status of the RFCs; "Unknown" otherwise.
[[nodiscard]] std::string_view standard_reason(int status);

}  // namespace sipvoice::sip
