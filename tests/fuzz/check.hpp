// What every fuzz body needs: an assertion that says what did not hold, and a reader of the input.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace fuzz {

inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

/// Reads decisions from the input; zeros behind its end.
class input {
 public:
  input(const std::uint8_t* data, std::size_t size) : data_(data), left_(size) {}
  [[nodiscard]] bool empty() const { return left_ == 0; }
  std::uint8_t byte() {
    if (left_ == 0) return 0;
    --left_;
    return *data_++;
  }
  std::uint16_t word() {
    const std::uint16_t high = byte();
    return static_cast<std::uint16_t>((high << 8) | byte());
  }
  std::string bytes(std::size_t n) {
    n = std::min(n, left_);
    std::string out(data_, data_ + n);
    data_ += n;
    left_ -= n;
    return out;
  }
  std::string rest() { return bytes(left_); }

 private:
  const std::uint8_t* data_;
  std::size_t left_;
};

}  // namespace fuzz
