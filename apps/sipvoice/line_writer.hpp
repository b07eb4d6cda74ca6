// Lines into a file descriptor whose reader may be slow, by a thread of its own: whoever writes
// them never waits. What the reader does not take in time waits, up to a bound of bytes.
//
//   room        lines wait and are written in order
//   full        further ones are dropped and counted, also short ones: until the thread takes
//               what waits, and tells in a line of its own, behind it, how many are missing
//   failed      the descriptor takes nothing any more (no space, no reader): all are dropped
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "sipvoice/base/time.hpp"

namespace sipvoice::app {

class line_writer {
 public:
  /// Lines that may wait; as much again may be under way.
  static constexpr std::size_t max_waiting = std::size_t{8} << 20;

  struct observer {
    /// The line that tells of so many dropped ones; empty: none. Both are called on the thread,
    /// neither after finish().
    std::function<std::string(std::uint64_t dropped)> dropped;
    /// Once, with errno.
    std::function<void(int error)> failed;
  };

  /// `fd` stays open as long as this object, and for good where finish() has returned false.
  line_writer(int fd, observer told, std::size_t bound = max_waiting);
  /// finish() without a wait.
  ~line_writer();
  line_writer(const line_writer&) = delete;
  line_writer& operator=(const line_writer&) = delete;

  /// Without its line end. Never blocks.
  void write(std::string_view line);
  /// Waits until all is written, no longer than `at_most`. True: it is, or never will be. False:
  /// the reader still stands; what it has not taken is lost when the process ends.
  bool finish(duration at_most);
  [[nodiscard]] bool failed() const;

 private:
  struct shared;
  std::shared_ptr<shared> shared_;  ///< the thread's too: it may outlive this object
};

}  // namespace sipvoice::app
