#include "event_output.hpp"

#include <cerrno>
#include <cstring>

#include "errors.hpp"
#include "log.hpp"

namespace sipvoice::app {

event_output::event_output(const std::string& target) : target_(target) {
  if (target.empty()) return;
  file_ = target == "-" ? stdout : std::fopen(target.c_str(), "ae");
  if (file_ == nullptr) {
    throw system_failure("--events: cannot write '" + target + "': " + std::strerror(errno) +
                         "; name a file in a folder that exists and is writable");
  }
}

event_output::~event_output() {
  if (file_ != nullptr && file_ != stdout) std::fclose(file_);
}

void event_output::write(const std::string& line) {
  if (file_ == nullptr || failed_) return;
  const bool written = std::fwrite(line.data(), 1, line.size(), file_) == line.size() &&
                       std::fputc('\n', file_) != EOF && std::fflush(file_) == 0;
  if (written) return;
  failed_ = true;
  log(log_level::error,
      "--events: cannot write '" + target_ + "': " + std::strerror(errno) + "; no more events");
}

}  // namespace sipvoice::app
