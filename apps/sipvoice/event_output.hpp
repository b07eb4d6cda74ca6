// Where the event stream goes: a file, appended to, or stdout. Each line is written at once.
#pragma once

#include <cstdio>
#include <string>

namespace sipvoice::app {

class event_output {
 public:
  /// "": nowhere; "-": stdout. Throws system_failure when the file cannot be opened.
  explicit event_output(const std::string& target);
  ~event_output();
  event_output(const event_output&) = delete;
  event_output& operator=(const event_output&) = delete;

  [[nodiscard]] bool enabled() const { return file_ != nullptr; }
  [[nodiscard]] bool is_stdout() const { return file_ == stdout; }
  /// A line could not be written (disk full, reader gone).
  [[nodiscard]] bool failed() const { return failed_; }
  void write(const std::string& line);

 private:
  std::string target_;
  std::FILE* file_ = nullptr;
  bool failed_ = false;
};

}  // namespace sipvoice::app
