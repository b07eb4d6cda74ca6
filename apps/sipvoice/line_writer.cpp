#include "line_writer.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <thread>
#include <utility>

#include "sipvoice/io/socket.hpp"

namespace sipvoice::app {
namespace {

/// 0, or errno. Whoever gave us the descriptor may have made it non-blocking.
int write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      pollfd room{fd, POLLOUT, 0};
      if (::poll(&room, 1, -1) < 0 && errno != EINTR) return errno;
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

}  // namespace

struct line_writer::shared {
  shared(int descriptor, observer who, std::size_t bytes)
      : fd(descriptor), told(std::move(who)), bound(bytes) {}

  const int fd;
  const observer told;
  const std::size_t bound;
  std::mutex mutex;
  std::condition_variable changed;
  // All below: guarded by mutex.
  std::string waiting;
  std::uint64_t dropped = 0;
  bool stopping = false, given_up = false, idle = false, failed = false;

  void run();
};

void line_writer::shared::run() {
  io::block_signals();
  std::string batch;
  std::unique_lock lock(mutex);
  while (!given_up) {
    idle = true;
    changed.notify_all();
    changed.wait(lock, [this] { return stopping || !waiting.empty() || dropped > 0; });
    if (waiting.empty() && dropped == 0) return;
    idle = false;
    batch.clear();
    batch.swap(waiting);
    const std::uint64_t missing = std::exchange(dropped, 0);
    lock.unlock();
    // Whoever is told may write to a log that stands still, too: nobody waits for the lock then.
    if (missing > 0 && told.dropped) {
      if (const std::string line = told.dropped(missing); !line.empty()) (batch += line) += '\n';
    }
    const int error = write_all(fd, batch);
    lock.lock();
    if (error == 0) continue;
    failed = true;
    waiting.clear();
    changed.notify_all();
    const bool tell = told.failed && !given_up;
    lock.unlock();
    if (tell) told.failed(error);
    return;
  }
}

line_writer::line_writer(int fd, observer told, std::size_t bound)
    : shared_(std::make_shared<shared>(fd, std::move(told), bound)) {
  std::thread([s = shared_] { s->run(); }).detach();
}

line_writer::~line_writer() { finish(duration::zero()); }

void line_writer::write(std::string_view line) {
  {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->failed || shared_->stopping) return;
    if (shared_->dropped > 0 || shared_->waiting.size() + line.size() + 1 > shared_->bound) {
      ++shared_->dropped;
    } else {
      (shared_->waiting += line) += '\n';
    }
  }
  shared_->changed.notify_all();
}

bool line_writer::finish(duration at_most) {
  std::unique_lock lock(shared_->mutex);
  shared_->stopping = true;
  shared_->changed.notify_all();
  const bool done = shared_->changed.wait_for(lock, at_most, [this] {
    return shared_->failed || (shared_->idle && shared_->waiting.empty());
  });
  shared_->given_up = !done;
  return done;
}

bool line_writer::failed() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->failed;
}

}  // namespace sipvoice::app
