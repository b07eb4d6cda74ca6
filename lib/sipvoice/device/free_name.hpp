// Names for files that never overwrite another: "a.wav", "a-2.wav", "a-3.wav".
#pragma once

#include <filesystem>
#include <string>

namespace sipvoice::device {

/// A folder with that many namesakes is somebody's mistake.
inline constexpr unsigned most_names = 1'000'000;

/// "rec/a.wav", 3 -> "rec/a-3.wav"; 0 and 1 leave it as it is.
[[nodiscard]] std::string numbered(const std::filesystem::path& file, unsigned n);

/// A free number from `from` on, in a few dozen looks whatever the folder holds: where names are
/// taken without holes it is the first. Above most_names: there is none.
[[nodiscard]] unsigned first_free(const std::filesystem::path& file, unsigned from);

}  // namespace sipvoice::device
