// A program of its own, run to its end: without a shell, without our files, for a limited time.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "sipvoice/base/time.hpp"

namespace sipvoice::device {

struct child_limits {
  duration time = std::chrono::seconds(30);  ///< then it is killed with its children
  std::string file;                          ///< what it writes
  std::uint64_t file_bytes = 0;              ///< longer: it is killed too
  bool output_too = false;                   ///< its stdout is kept beside its stderr
  std::size_t text_bytes = 1000;             ///< of what it says; more is dropped
  const std::atomic<bool>* stop = nullptr;   ///< another thread sets it: then it is killed
};

struct child_result {
  enum class end : std::uint8_t { exited, killed, too_slow, too_large, not_started };
  end how = end::not_started;
  int code = 0;      ///< exit code, signal, or errno of the start
  std::string said;  ///< the beginning of its stderr
  [[nodiscard]] bool ok() const { return how == end::exited && code == 0; }
};

/// Where a program lies: itself when it holds a '/', else the first in PATH that can be run. Empty:
/// there is none.
[[nodiscard]] std::string find_program(const std::string& name);

/// Blocks until it has ended. `arguments[0]` is a path. Its input is empty.
[[nodiscard]] child_result run_program(const std::vector<std::string>& arguments,
                                       const child_limits& limits);

}  // namespace sipvoice::device
