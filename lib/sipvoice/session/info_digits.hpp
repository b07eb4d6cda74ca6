// When each digit of a string goes out as an INFO: by the same schedule as digits in the media, and
// never before the one before it was answered, since requests may overtake each other.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sipvoice/base/time.hpp"

namespace sipvoice::session {

class info_digits {
 public:
  static constexpr duration usual = std::chrono::milliseconds(160);  ///< of one digit
  static constexpr duration gap = std::chrono::milliseconds(80);

  /// 0-9 * # A-D, each so long; `w` half a second's pause, `W` one second.
  void start(std::string digits, time_point now, duration each = usual);
  /// As it stands in the INFO.
  [[nodiscard]] std::uint32_t digit_ms() const { return static_cast<std::uint32_t>(to_ms(each_)); }
  /// The digit that is due; call again until there is none. After each, answered() is called.
  [[nodiscard]] std::optional<char> poll(time_point now);
  /// What poll() gave has come to its end, by an answer or without one.
  void answered(time_point now);
  /// Something is still to come: a digit, or the time that the last one takes.
  [[nodiscard]] bool open() const { return due_ != never; }
  [[nodiscard]] time_point next_deadline() const { return waiting_ ? never : due_; }

 private:
  std::string digits_;
  duration each_ = usual;
  std::size_t at_ = 0;
  time_point due_ = never;
  bool waiting_ = false;  ///< for the answer to the last digit
};

}  // namespace sipvoice::session
