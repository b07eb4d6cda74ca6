#include "sipvoice/sip/message_stream.hpp"

#include <algorithm>
#include <utility>

#include "sipvoice/base/text.hpp"

namespace sipvoice::sip {

message_stream::message_stream(std::size_t max_message) : max_message_(max_message) {}

void message_stream::receive(std::string_view segment) {
  if (!broken_) buffer_.append(segment);
}

/// Assigning an empty string, or clear(), would keep the memory.
void message_stream::forget() { std::string().swap(buffer_); }

/// Between messages: what is left of a long one needs no more room than it has.
void message_stream::give_back() {
  if (buffer_.capacity() <= stream_limits::most_kept || buffer_.size() > buffer_.capacity() / 2)
    return;
  std::string(buffer_).swap(buffer_);
}

void message_stream::fail(const char* why) {
  broken_ = why;
  head_pending_ = head_size_ != 0;
  if (!head_pending_) forget();
}

void message_stream::skip_keep_alive() {
  std::size_t n = 0;
  while (buffer_.size() - n >= 2 && buffer_[n] == '\r' && buffer_[n + 1] == '\n') {
    n += 2;
    if (std::exchange(pong_due_, false)) continue;
    if (++crlf_run_ == 2) {
      ++pings_;
      crlf_run_ = 0;
    }
  }
  if (n < buffer_.size() && !(buffer_.size() - n == 1 && buffer_[n] == '\r')) crlf_run_ = 0;
  buffer_.erase(0, n);
}

bool message_stream::find_head() {
  // A line end can be split between segments: three bytes back are enough.
  const std::size_t from = scanned_ < 3 ? 0 : scanned_ - 3;
  const std::size_t end = buffer_.find("\r\n\r\n", from);
  scanned_ = buffer_.size();
  // The same whether the head came in one segment or in many.
  const std::size_t known = end == std::string::npos ? buffer_.size() : end + 4;
  if (known > std::min(stream_limits::max_head, max_message_)) {
    fail("head too long");
    return false;
  }
  if (end == std::string::npos) return false;
  head_size_ = end + 4;
  return true;
}

void message_stream::read_content_length() {
  std::optional<std::uint64_t> length;
  std::string_view head = std::string_view(buffer_).substr(0, head_size_);
  while (!head.empty()) {
    const std::string_view line = take_until(head, '\n');
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || line.empty() || is_space(line.front())) continue;
    const std::string_view name = trim(line.substr(0, colon));
    if (!iequals(name, "Content-Length") && !iequals(name, "l")) continue;
    const auto value = parse_decimal(trim(line.substr(colon + 1)), UINT32_MAX);
    if (!value) return fail("Content-Length is no number");
    if (length && *length != *value) return fail("two different Content-Length");
    length = value;
  }
  // Section 20.14: required on streams; without it the end of the message cannot be known.
  if (!length) return fail("no Content-Length on a stream");
  if (*length > max_message_ || head_size_ + *length > max_message_)
    return fail("message longer than the limit");
  total_ = head_size_ + *length;
}

std::optional<std::string> message_stream::poll() {
  if (head_pending_) {
    head_pending_ = false;
    std::string head = buffer_.substr(0, head_size_);
    forget();
    return head;
  }
  if (broken_) return std::nullopt;
  if (head_size_ == 0) {
    skip_keep_alive();
    give_back();
    if (buffer_.empty() || !find_head()) return std::nullopt;
    read_content_length();
    if (broken_) return poll();
  }
  if (buffer_.size() < total_) return std::nullopt;
  std::string whole = buffer_.substr(0, total_);
  buffer_.erase(0, total_);
  give_back();
  scanned_ = head_size_ = total_ = 0;
  return whole;
}

unsigned message_stream::take_pings() { return std::exchange(pings_, 0U); }

}  // namespace sipvoice::sip
