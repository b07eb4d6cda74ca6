// One stream of digits from all the ways in which they come: telephone-event, INFO, tones.
//
// Some peers send each press in two ways at once. It is told once, as it came first; what comes of
// it in another way is a copy. A digit is the copy of the oldest press of which all of this is
// true:
//
//   it is the same digit
//   it has not come in this way yet (so "11" in two ways is two digits, in whatever order)
//   it was told at most `window` before this digit began; with INFO in the pair, `info_window`
//   it did not begin later than this digit by more than that: what says that it has lasted since
//   long before an old press is no copy of it
//
// A digit is told at its end, so it began its duration earlier. An INFO is sent at the beginning of
// a press or at its end, and what it says of the duration is often made up: it is a moment.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sipvoice/base/time.hpp"
#include "sipvoice/media/values.hpp"

namespace sipvoice::session {

using media::digit_method;
[[nodiscard]] const char* name_of(digit_method m);

class digit_stream {
 public:
  /// Telephone-events and tones come the same way; a lost end is told 150 ms late.
  static constexpr duration window = std::chrono::milliseconds(250);
  /// An INFO may be late by a retransmission (500 ms).
  static constexpr duration info_window = std::chrono::milliseconds(600);
  /// Presses that may still get copies.
  static constexpr std::size_t max_recent = 32;

  /// True: a press of its own. False: the copy of one.
  [[nodiscard]] bool hear(char digit, digit_method method, std::uint32_t duration_ms,
                          time_point now);

 private:
  struct press {
    char digit = '0';
    digit_method first{};
    time_point began{};
    time_point told{};
    std::array<bool, 3> came{};  ///< by method
  };
  std::vector<press> recent_;  ///< oldest first
};

}  // namespace sipvoice::session
