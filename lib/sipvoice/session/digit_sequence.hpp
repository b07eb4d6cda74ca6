// The sequence of --hangup-on in the digits of a call, whatever way they come.
//
// Some peers send each digit in two ways at once (telephone-event and INFO). Such a pair counts as
// one: a digit is the copy of an earlier one when it is the same digit, came another way, and is
// told within the longer of the two durations and `window` of it. Each digit has at most one copy,
// so that "11" sent both ways is two digits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

#include "sipvoice/base/time.hpp"

namespace sipvoice::session {

enum class digit_method : std::uint8_t { rfc4733, info, inband };
[[nodiscard]] const char* name_of(digit_method m);

class digit_sequence {
 public:
  /// Between the two ways: one tells a digit at its beginning, the other at its end, and each may
  /// be late by a retransmission.
  static constexpr duration window = std::chrono::milliseconds(600);
  /// Digits that may still get their copy.
  static constexpr std::size_t max_recent = 32;

  explicit digit_sequence(std::string wanted) : wanted_(std::move(wanted)) {}

  /// True when this digit ends the sequence.
  [[nodiscard]] bool hear(char digit, digit_method method, std::uint32_t duration_ms,
                          time_point now);

 private:
  struct heard {
    char digit = '0';
    digit_method method{};
    duration length{};
    time_point at{};
  };
  [[nodiscard]] bool is_copy(const heard& h);

  std::string wanted_;
  std::string last_;          ///< the last digits, as many as wanted_ has
  std::deque<heard> recent_;  ///< without a copy so far
};

}  // namespace sipvoice::session
