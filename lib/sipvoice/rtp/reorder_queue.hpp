// Puts payloads back into the order of their sequence numbers for those who pass them on at once
// (echo): in order they leave immediately; behind a gap they wait a little, then the gap is given
// up.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "sipvoice/base/time.hpp"
#include "sipvoice/rtp/packet.hpp"

namespace sipvoice::rtp {

class reorder_queue {
 public:
  static constexpr std::size_t capacity = 8;
  static constexpr duration default_wait = std::chrono::milliseconds(40);

  struct item {
    packet_header header;
    byte_view payload;  ///< valid until the next push
    bool deliver = true;
  };

  explicit reorder_queue(duration max_wait = default_wait) : max_wait_(max_wait) {}

  /// Takes a packet in; call pop() until it has nothing more. A packet whose place has passed is
  /// counted as late. Not deliver: it only holds its place (telephone-events).
  void push(const packet_header& header, byte_view payload, bool deliver, time_point now);
  /// The next packet in order, if it is there or the gap before it has been given up by `now`.
  [[nodiscard]] std::optional<item> pop(time_point now);
  /// The same, but gaps are not waited for: until empty before reset().
  [[nodiscard]] std::optional<item> pop_all() { return take(true); }
  /// The next packet pushed begins a new order.
  void reset();

  [[nodiscard]] time_point next_deadline() const;
  [[nodiscard]] std::uint64_t late() const { return late_; }

 private:
  struct slot {
    bool used = false, deliver = true;
    packet_header header;
    std::vector<std::uint8_t> payload;
    time_point since{};
  };
  [[nodiscard]] std::optional<item> take(bool give_up);
  [[nodiscard]] slot* lowest();

  duration max_wait_;
  std::array<slot, capacity> slots_;
  std::size_t used_ = 0;
  std::optional<sequence_number> next_;
  std::uint64_t late_ = 0;
};

}  // namespace sipvoice::rtp
