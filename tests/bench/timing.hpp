// CPU time of a piece of work, the best of several rounds: what is left is the work itself.
#pragma once

#include <ctime>

#include <algorithm>
#include <cstdio>

namespace bench {

inline double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

/// Prints "NAME MICROSECONDS" of one call of `work`: the fastest of seven rounds.
template <class F>
void report(const char* name, F&& work) {
  constexpr int repeats = 20000;
  double best = 1e9;
  for (int round = 0; round < 7; ++round) {
    const double begin = cpu_seconds();
    for (int i = 0; i < repeats; ++i) work();
    best = std::min(best, cpu_seconds() - begin);
  }
  std::printf("%s %.4f\n", name, best / repeats * 1e6);
}

/// Keeps the optimiser from dropping a result.
template <class T>
void keep(const T& value) {
  asm volatile("" : : "r"(&value) : "memory");
}

}  // namespace bench
