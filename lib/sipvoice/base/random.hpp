// Random numbers come from one generator handed in: cryptographic and seeded by the system in
// `io`, seeded by the user in simulation. Tags, branches, nonces, Call-IDs and SSRCs come from it.
#pragma once

#include <cstdint>
#include <string>

namespace sipvoice {

class random_source {
 public:
  virtual ~random_source() = default;
  /// 64 uniformly distributed bits.
  virtual std::uint64_t next() = 0;

  /// Uniform in [0, bound), without modulo bias; bound > 0.
  std::uint64_t below(std::uint64_t bound);
  std::uint32_t next32() { return static_cast<std::uint32_t>(next() >> 32); }
  std::uint16_t next16() { return static_cast<std::uint16_t>(next() >> 48); }
  /// `length` characters of [a-z0-9], about 5.17 bits each: a token of every SIP grammar rule.
  std::string token(std::size_t length);
};

/// xoshiro256** seeded through splitmix64: the same seed gives the same numbers on every machine.
class seeded_random final : public random_source {
 public:
  explicit seeded_random(std::uint64_t seed);
  std::uint64_t next() override;

 private:
  std::uint64_t state_[4];
};

}  // namespace sipvoice
