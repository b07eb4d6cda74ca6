#include "sipvoice/session/digit_sequence.hpp"

namespace sipvoice::session {

bool digit_sequence::hear(char digit) {
  if (wanted_.empty()) return false;
  last_ += digit;
  if (last_.size() > wanted_.size()) last_.erase(0, 1);
  return last_ == wanted_;
}

}  // namespace sipvoice::session
