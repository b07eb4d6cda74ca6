// The sequence of --hangup-on in the digits of a call.
#pragma once

#include <string>

namespace sipvoice::session {

class digit_sequence {
 public:
  explicit digit_sequence(std::string wanted) : wanted_(std::move(wanted)) {}

  /// True when this digit ends the sequence.
  [[nodiscard]] bool hear(char digit);

 private:
  std::string wanted_;
  std::string last_;  ///< the last digits, as many as wanted_ has
};

}  // namespace sipvoice::session
