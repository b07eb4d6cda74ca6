// Cryptographic random numbers of the system: nobody can guess a tag, branch, nonce or SSRC.
#pragma once

#include <array>
#include <cstddef>

#include "sipvoice/base/random.hpp"

namespace sipvoice::io {

/// OpenSSL's generator, read in blocks. One thread at a time.
class system_random final : public random_source {
 public:
  /// Throws std::runtime_error when the generator has not been seeded by the system.
  std::uint64_t next() override;

 private:
  std::array<std::uint64_t, 64> block_{};
  std::size_t used_ = 64;
};

}  // namespace sipvoice::io
