// What an echo costs at least: a bare loop on the grid of 5 ms, without SIP, RTP or any
// bookkeeping.
//
//   rtp_floor FIRST_PORT CALLS SECONDS
//
// Binds every second port from FIRST_PORT on, on 127.0.0.1, and returns what comes to its sender.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

namespace {

constexpr std::int64_t slice = 5'000'000, second = 1'000'000'000;

int echo_socket(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  a.sin_port = htons(port);
  if (fd < 0 || bind(fd, reinterpret_cast<sockaddr*>(&a), sizeof a) != 0) {
    std::perror("bind");
    std::exit(3);
  }
  return fd;
}

void return_all(int fd) {
  std::array<std::uint8_t, 2048> data{};
  sockaddr_in from{};
  for (;;) {
    socklen_t length = sizeof from;
    const ssize_t n =
        recvfrom(fd, data.data(), data.size(), 0, reinterpret_cast<sockaddr*>(&from), &length);
    if (n < 0) return;
    sendto(fd, data.data(), static_cast<std::size_t>(n), 0, reinterpret_cast<sockaddr*>(&from),
           length);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: rtp_floor FIRST_PORT CALLS SECONDS\n");
    return 2;
  }
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  const int poller = epoll_create1(0);
  const int calls = std::atoi(argv[2]);
  for (int i = 0; i < calls; ++i) {
    const int fd = echo_socket(static_cast<std::uint16_t>(std::atoi(argv[1]) + 2 * i));
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    event.data.fd = fd;
    epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
  }
  std::vector<epoll_event> ready(static_cast<std::size_t>(calls));
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  std::int64_t next = t.tv_sec * second + t.tv_nsec;
  const std::int64_t end = next + std::atoi(argv[3]) * second;
  for (; next < end; next += slice) {
    t = {next / second, next % second};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, nullptr);
    const int n = epoll_wait(poller, ready.data(), calls, 0);
    for (int i = 0; i < n; ++i) return_all(ready[static_cast<std::size_t>(i)].data.fd);
  }
  return 0;
}
