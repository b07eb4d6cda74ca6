#include "sipvoice/io/system_random.hpp"

#include <openssl/rand.h>

#include <stdexcept>
#include <utility>

namespace sipvoice::io {

std::uint64_t system_random::next() {
  if (used_ == block_.size()) {
    if (RAND_bytes(reinterpret_cast<unsigned char*>(block_.data()),
                   static_cast<int>(sizeof block_)) != 1)
      throw std::runtime_error("the system gives no random numbers");
    used_ = 0;
  }
  // What was handed out is not kept: a later look at the memory tells no earlier tag.
  return std::exchange(block_[used_++], 0);
}

}  // namespace sipvoice::io
