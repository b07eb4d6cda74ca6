// Where the event stream goes: a file, appended to, or stdout. Each line is written at once, by a
// thread of its own: a reader that stands still holds up no call.
#pragma once

#include <memory>
#include <string>

#include "line_writer.hpp"
#include "sipvoice/base/time.hpp"

namespace sipvoice::app {

class event_output {
 public:
  /// How long the end of the process waits for a reader that stands still.
  static constexpr duration patience = std::chrono::seconds(2);
  /// After the second interrupt.
  static constexpr duration last_patience = std::chrono::milliseconds(200);

  /// "": nowhere; "-": stdout. Throws system_failure when the file cannot be opened.
  explicit event_output(const std::string& target);
  ~event_output();
  event_output(const event_output&) = delete;
  event_output& operator=(const event_output&) = delete;

  [[nodiscard]] bool enabled() const { return writer_ != nullptr; }
  /// A line could not be written (disk full, reader gone), or not in time for the end.
  [[nodiscard]] bool failed() const { return lost_ || (writer_ && writer_->failed()); }
  void write(const std::string& line);
  /// Nothing is written afterwards. What the reader does not take in time is lost, and the log says
  /// so.
  void finish(duration at_most);

 private:
  std::string target_;
  int fd_ = -1;
  bool lost_ = false;
  std::unique_ptr<line_writer> writer_;
};

}  // namespace sipvoice::app
