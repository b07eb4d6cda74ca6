// The limit on open files: two descriptors a call, and it is low by default.
#pragma once

#include <cstdint>

namespace sipvoice::io {

/// Raises RLIMIT_NOFILE to the hard limit; returns what holds now.
std::uint64_t raise_file_limit();

/// Descriptors that `sessions` calls need, with room for listeners, logs and recordings.
[[nodiscard]] std::uint64_t files_needed(std::uint64_t sessions);

}  // namespace sipvoice::io
