// What the io tests share: real sockets on loopback, and waiting for conditions with a bound.
#pragma once

#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <string>
#include <vector>

#include "sipvoice/io/clock.hpp"
#include "sipvoice/io/socket.hpp"
#include "support/catch.hpp"

namespace test {

using namespace sipvoice;

inline const ip_address loopback = ip_address::v4(127, 0, 0, 1);
/// No condition of these tests needs longer, however slow the machine.
inline constexpr duration patience = std::chrono::seconds(20);

/// A UDP socket of the test's own.
class peer {
 public:
  explicit peer(const ip_address& ip = loopback) : fd_(io::bind_udp({ip, 0})) { REQUIRE(fd_); }
  [[nodiscard]] socket_address address() const { return *io::local_address(fd_.get()); }
  [[nodiscard]] int fd() const { return fd_.get(); }
  void send(const socket_address& to, std::string_view bytes) const {
    io::raw_address raw{};
    const socklen_t length = io::to_raw(to, raw);
    REQUIRE(::sendto(fd_.get(), bytes.data(), bytes.size(), 0, &raw.any, length) ==
            static_cast<ssize_t>(bytes.size()));
  }
  struct datagram {
    socket_address from;
    std::string bytes;
  };
  /// The next datagram, or nothing when none comes within `wait`.
  [[nodiscard]] std::optional<datagram> receive(duration wait = patience) const {
    pollfd p{fd_.get(), POLLIN, 0};
    if (::poll(&p, 1, static_cast<int>(to_ms(wait))) <= 0) return std::nullopt;
    std::string bytes(65536, '\0');
    io::raw_address raw{};
    socklen_t length = sizeof raw;
    const ssize_t n = ::recvfrom(fd_.get(), bytes.data(), bytes.size(), 0, &raw.any, &length);
    if (n < 0) return std::nullopt;
    bytes.resize(static_cast<std::size_t>(n));
    return datagram{io::from_raw(raw).value_or(socket_address{}), std::move(bytes)};
  }

 private:
  io::unique_fd fd_;
};

/// Values that threads leave and a test waits for.
template <class T>
class mailbox {
 public:
  void put(T value) {
    const std::lock_guard lock(mutex_);
    values_.push_back(std::move(value));
    changed_.notify_all();
  }
  /// True as soon as `done(values)` holds; false after the patience of the tests.
  template <class Done>
  [[nodiscard]] bool wait(Done done) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [&] { return done(values_); });
  }
  [[nodiscard]] std::vector<T> values() {
    const std::lock_guard lock(mutex_);
    return values_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<T> values_;
};

/// A name in a folder of its own that vanishes with it.
class scratch_folder {
 public:
  scratch_folder() {
    char text[] = "/tmp/sipvoice-test-XXXXXX";
    REQUIRE(::mkdtemp(text) != nullptr);
    path_ = text;
  }
  ~scratch_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline std::string contents(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace test
