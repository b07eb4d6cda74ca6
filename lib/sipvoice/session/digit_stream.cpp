#include "sipvoice/session/digit_stream.hpp"

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

bool digit_stream::hear(char digit, digit_method method, std::uint32_t duration_ms,
                        time_point now) {
  const bool moment = method == digit_method::info;
  const time_point began = moment ? now : now - std::chrono::milliseconds(duration_ms);
  const auto index = static_cast<std::size_t>(method);
  const auto original = std::find_if(recent_.begin(), recent_.end(), [&](const press& p) {
    if (p.digit != digit || p.came[index]) return false;
    const bool with_info = moment || p.first == digit_method::info;
    const duration tolerance = with_info ? info_window : window;
    if (began - p.told > tolerance) return false;
    // Not long before it either: an INFO at the end of the press is told when this one is.
    return p.began - began <= tolerance || (with_info && now - p.told <= tolerance);
  });
  if (original != recent_.end()) {
    original->came[index] = true;
    return false;
  }
  press p{digit, method, began, now, {}};
  p.came[index] = true;
  recent_.push_back(p);
  if (recent_.size() > max_recent) recent_.erase(recent_.begin());
  return true;
}

}  // namespace sipvoice::session
