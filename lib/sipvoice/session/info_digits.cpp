#include "sipvoice/session/info_digits.hpp"

#include <utility>

namespace sipvoice::session {

void info_digits::start(std::string digits, time_point now) {
  digits_ = std::move(digits);
  at_ = 0;
  due_ = now;
}

std::optional<char> info_digits::poll(time_point now) {
  while (due_ != never && now >= due_) {
    if (at_ == digits_.size()) {
      due_ = never;
      break;
    }
    const char c = digits_[at_++];
    if (c != 'w' && c != 'W') {
      due_ += each + gap;
      return c;
    }
    due_ += std::chrono::milliseconds(c == 'w' ? 500 : 1000);
  }
  return std::nullopt;
}

}  // namespace sipvoice::session
