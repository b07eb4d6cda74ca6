#include "sipvoice/base/random.hpp"

namespace sipvoice {

std::uint64_t random_source::below(std::uint64_t bound) {
  // What lies beyond the last whole multiple of `bound` is drawn again.
  const std::uint64_t excess = (0 - bound) % bound;
  while (true) {
    const std::uint64_t x = next();
    if (x >= excess) return x % bound;
  }
}

std::string random_source::token(std::size_t length) {
  constexpr char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789";
  constexpr std::uint64_t symbols = sizeof alphabet - 1;
  constexpr int symbols_a_draw = 8;
  constexpr std::uint64_t range = symbols * symbols * symbols * symbols * symbols * symbols *
                                  symbols * symbols;  // 36^8: eight symbols from one draw
  std::string text(length, 'a');
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < length; ++i) {
    if (i % symbols_a_draw == 0) bits = below(range);
    text[i] = alphabet[bits % symbols];
    bits /= symbols;
  }
  return text;
}

namespace {

std::uint64_t splitmix64(std::uint64_t& state) {
  state += 0x9e3779b97f4a7c15u;
  std::uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

constexpr std::uint64_t rotate_left(std::uint64_t x, int n) { return (x << n) | (x >> (64 - n)); }

}  // namespace

seeded_random::seeded_random(std::uint64_t seed) {
  for (std::uint64_t& word : state_) word = splitmix64(seed);
}

std::uint64_t seeded_random::next() {
  const std::uint64_t out = rotate_left(state_[1] * 5, 7) * 9;
  const std::uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = rotate_left(state_[3], 45);
  return out;
}

}  // namespace sipvoice
