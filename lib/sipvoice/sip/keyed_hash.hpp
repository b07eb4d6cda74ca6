// SipHash-1-3 with a secret key: whoever chooses branches and tags on the network can neither make
// our tables collide nor guess the tags that are made from it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sipvoice/base/random.hpp"

namespace sipvoice::sip {

class keyed_hash {
 public:
  using is_transparent = void;  // unordered_map::find takes views
  explicit keyed_hash(random_source& random) : key_{random.next(), random.next()} {}
  keyed_hash(std::uint64_t k0, std::uint64_t k1) : key_{k0, k1} {}

  [[nodiscard]] std::uint64_t hash(std::string_view text) const;
  std::size_t operator()(std::string_view text) const {
    return static_cast<std::size_t>(hash(text));
  }

 private:
  std::uint64_t key_[2];
};

}  // namespace sipvoice::sip
