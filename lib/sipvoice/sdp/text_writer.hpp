// Text put together in room that was made before: private to printing.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace sipvoice::sdp {

/// Digits of the longest number.
inline constexpr std::size_t max_digits = 20;

class text_writer {
 public:
  /// `room` has space for all that will be put.
  explicit text_writer(char* room) : p_(room) {}

  template <std::size_t n>
  text_writer& put(const char (&literal)[n]) {
    std::memcpy(p_, literal, n - 1);
    p_ += n - 1;
    return *this;
  }

  // Most pieces are a few bytes: two overlapping words are faster than a call of memcpy.
  text_writer& put(std::string_view s) {
    const std::size_t n = s.size();
    if (n > 16)
      std::memcpy(p_, s.data(), n);
    else if (n >= 8)
      ends<std::uint64_t>(s);
    else if (n >= 4)
      ends<std::uint32_t>(s);
    else
      for (std::size_t i = 0; i < n; ++i) p_[i] = s[i];
    p_ += n;
    return *this;
  }

  text_writer& put(std::uint64_t number) {
    std::array<char, max_digits> digits;
    std::size_t at = digits.size();
    do {
      digits[--at] = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number != 0);
    std::memcpy(p_, digits.data() + at, digits.size() - at);
    p_ += digits.size() - at;
    return *this;
  }

  [[nodiscard]] char* end() const { return p_; }

 private:
  template <class word>
  void ends(std::string_view s) {
    word first, last;
    std::memcpy(&first, s.data(), sizeof first);
    std::memcpy(&last, s.data() + s.size() - sizeof last, sizeof last);
    std::memcpy(p_, &first, sizeof first);
    std::memcpy(p_ + s.size() - sizeof last, &last, sizeof last);
  }

  char* p_;
};

}  // namespace sipvoice::sdp
