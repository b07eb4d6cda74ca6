// RFC 3261 section 7 and 25.1:
//
//   SIP-message    = start-line *message-header CRLF [ message-body ]
//   Request-Line   = Method SP Request-URI SP SIP-Version CRLF
//   Status-Line    = SIP-Version SP Status-Code SP Reason-Phrase CRLF
//   message-header = header-name HCOLON header-value CRLF
//   HCOLON         = *( SP / HTAB ) ":" SWS
//
// A line that begins with a space continues the one before (7.3.1). Lines may end in LF alone.
#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "sipvoice/base/text.hpp"
#include "sipvoice/sip/message.hpp"

namespace sipvoice::sip {

struct message::parser {
  // What an ordinary INVITE has; more of them grow the vector.
  static constexpr std::size_t expected_headers = 24;

  message& m;
  char* data;
  std::size_t size;
  std::size_t at = 0;
  std::optional<std::uint64_t> content_length{};

  explicit parser(message& out) : m(out), data(out.buffer_.data()), size(out.buffer_.size()) {}

  void wrong(const char* what) {
    if (m.defect_ == nullptr) m.defect_ = what;
  }
  static std::uint32_t narrow(std::size_t n) { return static_cast<std::uint32_t>(n); }

  struct line {
    std::size_t begin, end, next;  // end: before CRLF or LF; next: behind it
    bool ended;                    // false: the bytes stopped first
  };
  [[nodiscard]] line line_at(std::size_t begin) const {
    const void* const found = std::memchr(data + begin, '\n', size - begin);
    if (found == nullptr) return {begin, size, size, false};
    const auto lf = static_cast<std::size_t>(static_cast<const char*>(found) - data);
    const bool cr = lf > begin && data[lf - 1] == '\r';
    return {begin, cr ? lf - 1 : lf, lf + 1, true};
  }

  void start_part(int i, std::size_t begin, std::size_t end) {
    m.start_at_[i] = narrow(begin);
    m.start_size_[i] = narrow(end - begin);
  }

  // Nothing: this is not SIP.
  [[nodiscard]] const char* start_line() {
    while (at < size && (data[at] == '\r' || data[at] == '\n')) ++at;  // RFC 3261 7.5
    if (at == size) return "nothing but line ends";
    const line l = line_at(at);
    if (l.end - l.begin > message_limits::max_start_line) return "start line too long";
    at = l.next;
    std::size_t end = l.end;
    while (end > l.begin && is_space(data[end - 1])) --end;
    const std::string_view text(data + l.begin, end - l.begin);
    if (text.size() >= 4 && iequals(text.substr(0, 4), "SIP/")) return status_line(l.begin, text);
    if (end != l.end) wrong("space at the end of the request line");
    return request_line(l.begin, text);
  }

  [[nodiscard]] const char* request_line(std::size_t begin, std::string_view text) {
    const std::size_t first = text.find(' '), last = text.rfind(' ');
    if (first == std::string_view::npos || first == last || first == 0) return "not a request line";
    const std::string_view version = text.substr(last + 1);
    if (version.size() < 5 || !iequals(version.substr(0, 4), "SIP/"))
      return "no SIP version in the first line";
    std::size_t uri_begin = first + 1, uri_end = last;
    while (uri_begin < uri_end && text[uri_begin] == ' ') ++uri_begin;
    while (uri_end > uri_begin && text[uri_end - 1] == ' ') --uri_end;
    if (uri_begin != first + 1 || uri_end != last) wrong("several spaces in the request line");
    if (!is_token(text.substr(0, first))) wrong("method that is no token");
    start_part(0, begin, begin + first);
    start_part(1, begin + uri_begin, begin + uri_end);
    start_part(2, begin + last + 1, begin + text.size());
    m.method_ = method_of(text.substr(0, first));
    return nullptr;
  }

  [[nodiscard]] const char* status_line(std::size_t begin, std::string_view text) {
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos) return "not a status line";
    std::string_view code = text.substr(space + 1);
    const std::size_t code_end = std::min(code.find(' '), code.size());
    code = code.substr(0, code_end);
    const auto status = parse_decimal(code, 699);
    // Three digits exactly: RFC 4475 3.1.2.19 tries 4294967301.
    if (code.size() != 3 || !status || *status < 100) return "not a status code";
    m.status_ = static_cast<int>(*status);
    const std::size_t reason = std::min(space + 1 + code_end + 1, text.size());
    start_part(0, begin, begin + space);
    start_part(1, begin + space + 1, begin + space + 4);
    start_part(2, begin + reason, begin + text.size());
    return nullptr;
  }

  void headers() {
    m.fields_.reserve(expected_headers);
    while (true) {
      if (at >= size) {
        wrong("no empty line behind the headers");
        return;
      }
      line l = line_at(at);
      at = l.next;
      if (l.begin == l.end && l.ended) return;
      while (at < size && is_space(data[at])) {  // unfold
        std::fill(data + l.end, data + at, ' ');
        const line more = line_at(at);
        l.end = more.end;
        at = more.next;
      }
      if (m.fields_.size() == message_limits::max_headers) {
        wrong("too many headers");
        at = size;
        return;
      }
      header(l.begin, l.end);
    }
  }

  void header(std::size_t begin, std::size_t end) {
    std::size_t name_end = begin;
    while (name_end < end && is_token_char(data[name_end])) ++name_end;
    std::size_t colon = name_end;
    while (colon < end && is_space(data[colon])) ++colon;
    if (colon == end || data[colon] != ':' || name_end == begin)
      return wrong("header line without a name and a colon");
    char* const stray = data + colon;
    if (std::memchr(stray, '\r', end - colon) != nullptr) {
      // Copied into a response it would look like a line end to some.
      wrong("carriage return inside a header line");
      std::replace(stray, data + end, '\r', ' ');
    }
    std::size_t value = colon + 1;
    while (value < end && is_space(data[value])) ++value;
    while (end > value && is_space(data[end - 1])) --end;
    field f;
    f.id = header_of(std::string_view(data + begin, name_end - begin));
    f.name_at = narrow(begin);
    f.name_size = narrow(name_end - begin);
    f.value_at = narrow(value);
    f.value_size = narrow(end - value);
    m.fields_.push_back(f);
    if (f.id == header_id::content_length) length(std::string_view(data + value, end - value));
  }

  void length(std::string_view value) {
    const auto n = parse_decimal(value, std::numeric_limits<std::uint32_t>::max());
    if (!n) return wrong("unreadable Content-Length");
    if (content_length && *content_length != *n) return wrong("two different Content-Length");
    content_length = n;
  }

  void body() {
    const std::size_t left = size - at;
    if (content_length && *content_length > left) wrong("Content-Length beyond the message");
    const std::size_t length =
        content_length ? static_cast<std::size_t>(std::min<std::uint64_t>(*content_length, left))
                       : left;
    m.body_at_ = narrow(at);
    m.body_size_ = narrow(length);
  }
};

result<message> message::parse(std::string bytes) {
  if (bytes.size() > std::numeric_limits<std::uint32_t>::max()) return failure{"too long", 0};
  result<message> out{message{}};
  message& m = *out;
  m.buffer_ = std::move(bytes);
  parser p(m);
  if (const char* const what = p.start_line()) return failure{what, p.at};
  p.headers();
  p.body();
  if (!m.is_request())
    if (const auto& sequence = m.cseq()) m.method_ = sequence->method;
  return out;
}

}  // namespace sipvoice::sip
