// Bytes that many things share: a bound of their number alone would let a peer make each of them as
// large as a message may be.
//
// Large ones get at most half, so that a flood of them never refuses the small ones.
#pragma once

#include <cstddef>

namespace sipvoice {

class byte_budget {
 public:
  /// `most` bytes for all; who asks for more than `large` gets them from the first half alone.
  constexpr byte_budget(std::size_t most, std::size_t large) : most_(most), large_(large) {}

  /// Whether something of `bytes` may come in.
  [[nodiscard]] constexpr bool has_room(std::size_t bytes) const {
    const std::size_t end = bytes > large_ ? most_ / 2 : most_;
    return used_ <= end && bytes <= end - used_;
  }
  /// Something that stood with `share` bytes now has `bytes`; 0: it is gone. Never refused: whoever
  /// lets something in asks first.
  constexpr void set(std::size_t& share, std::size_t bytes) {
    used_ = used_ - share + bytes;
    share = bytes;
  }
  [[nodiscard]] constexpr std::size_t used() const { return used_; }

 private:
  std::size_t most_, large_, used_ = 0;
};

}  // namespace sipvoice
