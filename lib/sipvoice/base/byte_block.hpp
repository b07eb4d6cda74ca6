// Several bytes at once, for scans that seldom find anything.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace sipvoice {

/// `size` bytes (8 or 16) that are compared as one: comparisons give 0 or all ones in each byte.
template <std::size_t size>
struct byte_block {
  using type __attribute__((vector_size(size))) = signed char;

  [[nodiscard]] static type load(const char* p) {
    type t;
    std::memcpy(&t, p, size);
    return t;
  }
  [[nodiscard]] static bool any(type t) {
    std::uint64_t words[size / 8], all = 0;
    std::memcpy(words, &t, size);
    for (const std::uint64_t w : words) all |= w;
    return all != 0;
  }
};

/// Of `s` with at least one block; the last block overlaps the one before.
template <std::size_t size, class Test>
[[nodiscard]] bool any_in_blocks(std::string_view s, Test&& test) {
  using block = byte_block<size>;
  typename block::type found{};
  std::size_t i = 0;
  for (; i + size <= s.size(); i += size) found |= test(block::load(s.data() + i));
  if (i != s.size()) found |= test(block::load(s.data() + s.size() - size));
  return block::any(found);
}

/// Whether `test` (which takes a block, or a single signed char, and gives what comparing it gives)
/// finds a byte of `s`.
template <class Test>
[[nodiscard]] bool any_byte(std::string_view s, Test&& test) {
  if (s.size() >= 16) return any_in_blocks<16>(s, test);
  if (s.size() >= 8) return any_in_blocks<8>(s, test);
  for (const char c : s)
    if (test(static_cast<signed char>(c))) return true;
  return false;
}

}  // namespace sipvoice
