#include "sipvoice/device/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <string_view>

#include "sipvoice/base/text.hpp"

namespace sipvoice::device {
namespace {

constexpr int look_every_ms = 20;

time_point monotonic_now() {
  timespec ts{};
  ::clock_gettime(CLOCK_MONOTONIC, &ts);
  return time_point(std::chrono::seconds(ts.tv_sec) + std::chrono::nanoseconds(ts.tv_nsec));
}

bool can_be_run(const std::string& path) {
  struct stat s {};
  return ::stat(path.c_str(), &s) == 0 && S_ISREG(s.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

struct file_end {
  int fd = -1;
  file_end() = default;
  file_end(const file_end&) = delete;
  file_end& operator=(const file_end&) = delete;
  ~file_end() { close(); }
  void close() {
    if (fd >= 0) ::close(fd);
    fd = -1;
  }
};

/// Its own process group, no file of ours but the end of the pipe, signals as a new program
/// expects.
class spawn_settings {
 public:
  spawn_settings(int said, bool output_too) {
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    if (output_too)
      ::posix_spawn_file_actions_adddup2(&files, said, 1);
    else
      ::posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_adddup2(&files, said, 2);
    ::posix_spawn_file_actions_addclosefrom_np(&files, 3);
    ::posix_spawnattr_init(&attributes);
    sigset_t none, usual;
    sigemptyset(&none);
    sigemptyset(&usual);
    for (const int number : {SIGPIPE, SIGINT, SIGTERM, SIGHUP}) sigaddset(&usual, number);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &usual);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~spawn_settings() {
    ::posix_spawn_file_actions_destroy(&files);
    ::posix_spawnattr_destroy(&attributes);
  }
  spawn_settings(const spawn_settings&) = delete;
  spawn_settings& operator=(const spawn_settings&) = delete;

  posix_spawn_file_actions_t files{};
  posix_spawnattr_t attributes{};
};

/// Waits a moment; takes what was said in it. What is too much is read and dropped, so that the
/// program does not wait for us.
void listen_for_a_moment(file_end& pipe, std::string& said, std::size_t most) {
  pollfd p{pipe.fd, POLLIN, 0};
  if (::poll(&p, 1, look_every_ms) <= 0 || pipe.fd < 0) return;
  std::array<char, 4096> buffer;
  const ssize_t n = ::read(pipe.fd, buffer.data(), buffer.size());
  if (n <= 0) return pipe.close();
  const std::size_t room = most - std::min(most, said.size());
  said.append(buffer.data(), std::min(room, static_cast<std::size_t>(n)));
}

bool is_too_large(const child_limits& limits) {
  struct stat s {};
  return !limits.file.empty() && ::stat(limits.file.c_str(), &s) == 0 &&
         static_cast<std::uint64_t>(s.st_size) > limits.file_bytes;
}

}  // namespace

std::string find_program(const std::string& name) {
  if (name.empty()) return {};
  if (name.find('/') != std::string::npos) return can_be_run(name) ? name : std::string{};
  const char* path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
  while (!rest.empty()) {
    const std::string_view folder = take_until(rest, ':');
    if (folder.empty()) continue;
    std::string file = std::string(folder) + "/" + name;
    if (can_be_run(file)) return file;
  }
  return {};
}

child_result run_program(const std::vector<std::string>& arguments, const child_limits& limits) {
  child_result result;
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
    result.code = errno;
    return result;
  }
  file_end ours, theirs;
  ours.fd = ends[0];
  theirs.fd = ends[1];
  // It expects a stderr that waits.
  ::fcntl(theirs.fd, F_SETFL, ::fcntl(theirs.fd, F_GETFL) & ~O_NONBLOCK);

  std::vector<char*> words;
  for (const std::string& a : arguments) words.push_back(const_cast<char*>(a.c_str()));
  words.push_back(nullptr);
  pid_t child = 0;
  {
    const spawn_settings settings(theirs.fd, limits.output_too);
    result.code = ::posix_spawn(&child, words[0], &settings.files, &settings.attributes,
                                words.data(), environ);
  }
  theirs.close();
  if (result.code != 0) return result;

  const time_point deadline = monotonic_now() + limits.time;
  std::optional<child_result::end> cut;
  int status = 0;
  for (;;) {
    listen_for_a_moment(ours, result.said, limits.text_bytes);
    siginfo_t ended{};
    const int looked =
        ::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOHANG | WNOWAIT);
    if (looked == 0 && ended.si_pid == child) break;
    if (looked != 0 && errno != EINTR) {  // somebody else has waited for it
      result.how = child_result::end::not_started;
      result.code = errno;
      return result;
    }
    if (cut) continue;
    if (limits.stop != nullptr && *limits.stop)
      cut = child_result::end::killed;
    else if (monotonic_now() >= deadline)
      cut = child_result::end::too_slow;
    else if (is_too_large(limits))
      cut = child_result::end::too_large;
    if (cut) ::kill(-child, SIGKILL);
  }
  ::kill(-child, SIGKILL);  // what it has left behind; its number is taken until it is waited for
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  // What it said last, which may be more than one piece; others may hold the other end.
  for (int pieces = 0; ours.fd >= 0 && pieces < 16; ++pieces)
    listen_for_a_moment(ours, result.said, limits.text_bytes);
  result.how = WIFEXITED(status) ? child_result::end::exited : child_result::end::killed;
  result.code = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
  if (!cut && is_too_large(limits)) cut = child_result::end::too_large;
  if (cut) result.how = *cut;
  return result;
}

}  // namespace sipvoice::device
