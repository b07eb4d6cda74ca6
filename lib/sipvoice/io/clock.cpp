#include "sipvoice/io/clock.hpp"

#include <cerrno>
#include <ctime>

namespace sipvoice::io {
namespace {

duration read(clockid_t id) {
  timespec ts{};
  ::clock_gettime(id, &ts);
  return std::chrono::seconds(ts.tv_sec) + std::chrono::nanoseconds(ts.tv_nsec);
}

}  // namespace

time_point monotonic_now() { return time_point(read(CLOCK_MONOTONIC)); }

wall_time wall_now() { return wall_time(read(CLOCK_REALTIME)); }

clock_reading read_clock() { return {monotonic_now(), wall_now()}; }

void sleep_until(time_point when) {
  const auto since = when.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  const timespec ts{static_cast<time_t>(seconds.count()),
                    static_cast<long>((since - seconds).count())};
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, nullptr) == EINTR) {
  }
}

}  // namespace sipvoice::io
