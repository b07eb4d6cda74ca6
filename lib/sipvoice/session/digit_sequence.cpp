#include "sipvoice/session/digit_sequence.hpp"

#include <algorithm>

namespace sipvoice::session {

const char* name_of(digit_method m) {
  switch (m) {
    case digit_method::rfc4733:
      return "rfc4733";
    case digit_method::info:
      return "info";
    case digit_method::inband:
      return "inband";
  }
  return "rfc4733";
}

bool digit_sequence::is_copy(const heard& h) {
  const auto original = std::find_if(recent_.begin(), recent_.end(), [&](const heard& r) {
    return r.digit == h.digit && r.method != h.method &&
           h.at - r.at <= std::max(r.length, h.length) + window;
  });
  if (original == recent_.end()) return false;
  recent_.erase(original);
  return true;
}

bool digit_sequence::hear(char digit, digit_method method, std::uint32_t duration_ms,
                          time_point now) {
  if (wanted_.empty()) return false;
  const heard h{digit, method, std::chrono::milliseconds(duration_ms), now};
  if (is_copy(h)) return false;
  recent_.push_back(h);
  if (recent_.size() > max_recent) recent_.pop_front();
  last_ += digit;
  if (last_.size() > wanted_.size()) last_.erase(0, 1);
  return last_ == wanted_;
}

}  // namespace sipvoice::session
