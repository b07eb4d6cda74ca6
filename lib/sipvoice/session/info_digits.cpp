#include "sipvoice/session/info_digits.hpp"

#include <algorithm>
#include <utility>

namespace sipvoice::session {

void info_digits::start(std::string digits, time_point now, duration each) {
  each_ = each;
  digits_ = std::move(digits);
  at_ = 0;
  due_ = now;
  waiting_ = false;
}

std::optional<char> info_digits::poll(time_point now) {
  while (!waiting_ && due_ != never && now >= due_) {
    if (at_ == digits_.size()) {
      due_ = never;
      break;
    }
    const char c = digits_[at_++];
    if (c != 'w' && c != 'W') {
      due_ += each_ + gap;
      waiting_ = true;
      return c;
    }
    due_ += std::chrono::milliseconds(c == 'w' ? 500 : 1000);
  }
  return std::nullopt;
}

void info_digits::answered(time_point now) {
  if (!std::exchange(waiting_, false)) return;
  // An answer that took longer than the digit: the next one is not hurried.
  due_ = std::max(due_, now);
}

}  // namespace sipvoice::session
