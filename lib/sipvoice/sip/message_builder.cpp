#include <charconv>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "sipvoice/base/byte_block.hpp"
#include "sipvoice/base/text.hpp"
#include "sipvoice/sip/header_line.hpp"
#include "sipvoice/sip/message.hpp"

namespace sipvoice::sip {
namespace {

// Room for most messages, so that appending seldom moves them.
constexpr std::size_t usual_size = 1024;

void require_safe(std::string_view value) {
  if (!is_safe_value(value))
    throw std::invalid_argument("SIP start line with CR, LF or NUL: " + printable(value));
}

// Much of what is printed are values of the peer's messages, which may hold NUL and no line end.
void require_one_line(std::string_view value) {
  if (any_byte(value, [](auto b) { return (b == '\r') | (b == '\n'); }))
    throw std::invalid_argument("SIP header value with CR or LF: " + printable(value));
}

}  // namespace

bool is_safe_value(std::string_view value) {
  return !any_byte(value, [](auto b) { return (b == '\r') | (b == '\n') | (b == '\0'); });
}

message_builder::message_builder(std::string room) : text_(std::move(room)) {
  text_.clear();
  if (text_.capacity() < usual_size) text_.reserve(usual_size);
}

message_builder message_builder::request(std::string_view method, std::string_view uri,
                                         std::string room) {
  if (!is_token(method))
    throw std::invalid_argument("SIP method that is no token: " + printable(method));
  require_safe(uri);
  if (uri.empty() || any_byte(uri, [](auto b) { return (b == ' ') | (b == '\t'); }))
    throw std::invalid_argument("Request-URI that is empty or has a space: " + printable(uri));
  message_builder out(std::move(room));
  out.text_.append(method).append(1, ' ').append(uri).append(" SIP/2.0\r\n", 10);
  return out;
}

message_builder message_builder::response(int status, std::string_view reason) {
  if (status < 100 || status > 699)
    throw std::invalid_argument("SIP status " + std::to_string(status));
  require_safe(reason);
  message_builder out{std::string{}};
  out.text_.append("SIP/2.0 ");
  append_decimal(out.text_, static_cast<std::uint64_t>(status));
  out.text_.append(1, ' ');
  out.text_.append(reason.empty() ? standard_reason(status) : reason).append("\r\n");
  return out;
}

message_builder& message_builder::add(header_id id, std::string_view value) {
  const std::string_view name = name_of(id);
  if (name.empty()) throw std::invalid_argument("SIP header without a name");
  require_one_line(value);
  append_line(text_, name, value);
  return *this;
}

message_builder& message_builder::add(std::string_view name, std::string_view value) {
  if (!is_token(name))
    throw std::invalid_argument("SIP header name that is no token: " + printable(name));
  require_one_line(value);
  append_line(text_, name, value);
  return *this;
}

message_builder& message_builder::add(header_id id, std::uint64_t value) {
  char digits[20];
  char* const end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  return add(id, std::string_view(digits, static_cast<std::size_t>(end - digits)));
}

message_builder& message_builder::copy(const message& from, const message::field& f) {
  // Mostly it is one piece: name, colon, one space, value.
  if (f.value_at == f.name_at + f.name_size + 2 && from.bytes()[f.value_at - 1] == ' ' &&
      from.bytes()[f.value_at - 2] == ':')
    append_copy(text_, {from.bytes().data() + f.name_at, f.name_size + 2 + f.value_size});
  else
    append_line(text_, from.name(f), from.value(f));
  return *this;
}

std::string message_builder::finish(std::string_view content_type, std::string_view body) {
  if (!body.empty() && !content_type.empty()) add(header_id::content_type, content_type);
  char digits[24];
  char* end = std::to_chars(digits, digits + 20, body.size()).ptr;
  std::memcpy(end, "\r\n\r\n", 4);
  text_.append("Content-Length: ", 16).append(digits, static_cast<std::size_t>(end + 4 - digits));
  text_.append(body);
  return std::move(text_);
}

}  // namespace sipvoice::sip
