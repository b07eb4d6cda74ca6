#include "sipvoice/device/free_name.hpp"

#include <algorithm>
#include <system_error>

namespace sipvoice::device {

namespace fs = std::filesystem;

std::string numbered(const fs::path& file, unsigned n) {
  if (n <= 1) return file.string();
  fs::path name = file.stem();
  name += "-" + std::to_string(n);
  name += file.extension();
  return (file.parent_path() / name).string();
}

unsigned first_free(const fs::path& file, unsigned from) {
  const auto taken = [&file](unsigned n) {
    // What cannot be looked at is told when the file is made: it must not end the process.
    std::error_code unreadable;
    return fs::exists(numbered(file, n), unreadable);
  };
  if (!taken(from)) return from;
  unsigned last = from, step = 1;  // the last number that is known to be taken
  while (last + step <= most_names && taken(last + step)) {
    last += step;
    step *= 2;
  }
  unsigned free = std::min(last + step, most_names + 1);
  while (free - last > 1) {
    const unsigned middle = last + (free - last) / 2;
    (taken(middle) ? last : free) = middle;
  }
  return free;
}

}  // namespace sipvoice::device
