// Cryptographic random numbers of the system: nobody can guess a tag, branch, nonce or SSRC.
#pragma once

#include <array>
#include <cstddef>

#include "sipvoice/base/random.hpp"

namespace sipvoice::io {

/// OpenSSL's generator, read in blocks: asking it costs more than the numbers. One thread at a
/// time.
class system_random final : public random_source {
 public:
  /// Throws std::runtime_error when the generator has not been seeded by the system.
  std::uint64_t next() override;

 private:
  static constexpr std::size_t block_size = 512;  ///< numbers; a call takes about ten

  std::array<std::uint64_t, block_size> block_{};
  std::size_t used_ = block_size;
};

}  // namespace sipvoice::io
