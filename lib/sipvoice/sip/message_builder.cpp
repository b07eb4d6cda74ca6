#include <stdexcept>
#include <utility>

#include "sipvoice/base/text.hpp"
#include "sipvoice/sip/header_line.hpp"
#include "sipvoice/sip/message.hpp"

namespace sipvoice::sip {
namespace {

// Room for most messages, so that appending seldom moves them.
constexpr std::size_t usual_size = 1024;

void require_safe(std::string_view value) {
  if (!is_safe_value(value))
    throw std::invalid_argument("SIP header value with CR, LF or NUL: " + printable(value));
}

}  // namespace

bool is_safe_value(std::string_view value) {
  unsigned bad = 0;  // without an early exit compilers make it a few vector instructions
  for (const char c : value) bad |= unsigned{c == '\r'} | unsigned{c == '\n'} | unsigned{c == '\0'};
  return bad == 0;
}

message_builder message_builder::request(std::string_view method, std::string_view uri) {
  if (!is_token(method))
    throw std::invalid_argument("SIP method that is no token: " + printable(method));
  require_safe(uri);
  if (uri.empty() || uri.find_first_of(" \t") != std::string_view::npos)
    throw std::invalid_argument("Request-URI that is empty or has a space: " + printable(uri));
  message_builder out;
  out.text_.reserve(usual_size);
  out.text_.append(method).append(" ").append(uri).append(" SIP/2.0\r\n");
  return out;
}

message_builder message_builder::response(int status, std::string_view reason) {
  if (status < 100 || status > 699)
    throw std::invalid_argument("SIP status " + std::to_string(status));
  require_safe(reason);
  message_builder out;
  out.text_.reserve(usual_size);
  out.text_.append("SIP/2.0 ").append(std::to_string(status)).append(" ");
  out.text_.append(reason.empty() ? standard_reason(status) : reason).append("\r\n");
  return out;
}

message_builder& message_builder::add(header_id id, std::string_view value) {
  const std::string_view name = name_of(id);
  if (name.empty()) throw std::invalid_argument("SIP header without a name");
  require_safe(value);
  append_line(text_, name, value);
  return *this;
}

message_builder& message_builder::add(std::string_view name, std::string_view value) {
  if (!is_token(name))
    throw std::invalid_argument("SIP header name that is no token: " + printable(name));
  require_safe(value);
  append_line(text_, name, value);
  return *this;
}

message_builder& message_builder::add(header_id id, std::uint64_t value) {
  return add(id, std::string_view(std::to_string(value)));
}

std::string message_builder::finish(std::string_view content_type, std::string_view body) {
  if (!body.empty() && !content_type.empty()) add(header_id::content_type, content_type);
  add(header_id::content_length, std::uint64_t{body.size()});
  text_.append("\r\n").append(body);
  return std::move(text_);
}

}  // namespace sipvoice::sip
