#include "event_output.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "errors.hpp"
#include "log.hpp"
#include "sipvoice/io/socket.hpp"
#include "sipvoice/session/events.hpp"

namespace sipvoice::app {
namespace {

int open_target(const std::string& target) {
  if (target == "-") return STDOUT_FILENO;
  int fd = -1;
  do {  // the reader of a FIFO may be waited for
    fd = ::open(target.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  } while (fd < 0 && errno == EINTR);
  if (fd >= 0) return fd;
  throw system_failure("--events: cannot write '" + target + "': " + io::error_text(errno) +
                       "; name a file in a folder that exists and is writable");
}

std::string missing_line(const std::string& target, std::uint64_t dropped) {
  const std::string message = "the reader of --events was too slow: " + std::to_string(dropped) +
                              (dropped == 1 ? " event is missing" : " events are missing");
  log(log_level::error, message);
  const auto now = std::chrono::system_clock::now();
  return session::to_json({std::chrono::time_point_cast<wall_time::duration>(now), nullptr,
                           session::error_event{message, target == "-" ? std::string{} : target}});
}

}  // namespace

event_output::event_output(const std::string& target) : target_(target) {
  if (target.empty()) return;
  fd_ = open_target(target);
  writer_ = std::make_unique<line_writer>(
      fd_, line_writer::observer{
               [target](std::uint64_t dropped) { return missing_line(target, dropped); },
               [target](int error) {
                 log(log_level::error, "--events: cannot write '" + target +
                                           "': " + io::error_text(error) + "; no more events");
               }});
}

event_output::~event_output() { finish(patience); }

void event_output::write(const std::string& line) {
  if (writer_) writer_->write(line);
}

void event_output::finish(duration at_most) {
  if (!writer_ || fd_ < 0) return;
  if (writer_->finish(at_most)) {
    if (fd_ != STDOUT_FILENO) ::close(fd_);
  } else {  // the thread still has it
    log(log_level::error, "the reader of --events stands still: the last events are lost");
    lost_ = true;
  }
  fd_ = -1;
}

}  // namespace sipvoice::app
