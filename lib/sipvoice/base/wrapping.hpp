// Numbers on the wire are types; those that wrap are compared with wrapping arithmetic only
// (RFC 1982 serial number arithmetic, RFC 3550 section 5.1).
#pragma once

#include <compare>
#include <cstdint>
#include <type_traits>

namespace sipvoice {

/// An unsigned counter that wraps. `a - b` is the signed distance from b to a along the shorter
/// way.
template <class Tag, class U>
struct wrapping {
  using value_type = U;
  using distance_type = std::make_signed_t<U>;
  U value = 0;

  constexpr wrapping() = default;
  constexpr explicit wrapping(U v) : value(v) {}

  constexpr wrapping& operator+=(U n) {
    value = static_cast<U>(value + n);
    return *this;
  }
  constexpr wrapping& operator++() { return *this += U{1}; }
  friend constexpr wrapping operator+(wrapping a, U n) { return a += n; }
  friend constexpr wrapping operator-(wrapping a, U n) {
    return wrapping(static_cast<U>(a.value - n));
  }
  friend constexpr distance_type operator-(wrapping a, wrapping b) {
    return static_cast<distance_type>(static_cast<U>(a.value - b.value));
  }
  friend constexpr bool operator==(wrapping, wrapping) = default;
  /// True when this comes before `other` on the shorter way round.
  [[nodiscard]] constexpr bool before(wrapping other) const { return (*this - other) < 0; }
};

struct sequence_tag {};
struct timestamp_tag {};
using sequence_number = wrapping<sequence_tag, std::uint16_t>;  ///< RTP sequence number
using rtp_timestamp = wrapping<timestamp_tag, std::uint32_t>;   ///< RTP timestamp, in clock ticks

/// Synchronisation source of an RTP stream (RFC 3550 section 3).
enum class ssrc : std::uint32_t {};
/// RTP payload type, 0 to 127.
enum class payload_type : std::uint8_t {};
[[nodiscard]] constexpr int to_int(payload_type p) { return static_cast<int>(p); }

}  // namespace sipvoice
