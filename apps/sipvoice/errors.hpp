// How a command ends when it cannot do what was asked. One line each: what, where, why, what to do.
#pragma once

#include <stdexcept>

namespace sipvoice::app {

/// Bad usage or a bad file: nothing was started.
struct usage_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};
/// Could not start or go on: a port in use, no permission, a full disk.
struct system_failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

namespace exit_code {
inline constexpr int ok = 0;
inline constexpr int failed = 1;  ///< a call did not do what was expected
inline constexpr int usage = 2;
inline constexpr int system = 3;
}  // namespace exit_code

}  // namespace sipvoice::app
