// Deadlines of many objects in one place: the earliest is at hand, adding and cancelling cost
// O(log n). Deadlines of the same moment come out in the order in which they were scheduled.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "sipvoice/base/time.hpp"

namespace sipvoice {

/// Names one scheduled deadline; never given twice while 2^32 others pass through its place.
/// Zero names none: cancelling it does nothing.
enum class timer_id : std::uint64_t { none = 0 };

/// `Key` says what is due (a small value: an id and a reason). Memory follows the largest number of
/// deadlines that stood at once.
template <class Key>
class timer_heap {
 public:
  [[nodiscard]] bool empty() const { return heap_.empty(); }
  [[nodiscard]] std::size_t size() const { return heap_.size(); }
  /// The earliest deadline; `never` when there is none.
  [[nodiscard]] time_point next() const { return heap_.empty() ? never : heap_.front().when; }

  timer_id schedule(time_point when, Key key) {
    std::uint32_t slot = free_;
    if (slot == no_slot) {
      slot = static_cast<std::uint32_t>(slots_.size());
      slots_.emplace_back();
    } else {
      free_ = slots_[slot].at;
    }
    slots_[slot].key = std::move(key);
    heap_.push_back({when, sequence_++, slot});
    slots_[slot].at = static_cast<std::uint32_t>(heap_.size() - 1);
    rise(heap_.size() - 1);
    return name_of(slot);
  }

  /// False when it has fired or was cancelled before.
  bool cancel(timer_id id) {
    const auto slot = static_cast<std::uint32_t>(static_cast<std::uint64_t>(id));
    if (slot >= slots_.size() || name_of(slot) != id || !slots_[slot].key) return false;
    remove(slots_[slot].at);
    return true;
  }

  /// Takes the earliest deadline that is not after `now`.
  [[nodiscard]] std::optional<Key> pop(time_point now) {
    if (heap_.empty() || heap_.front().when > now) return std::nullopt;
    std::optional<Key> key = std::move(slots_[heap_.front().slot].key);
    remove(0);
    return key;
  }

 private:
  static constexpr std::uint32_t no_slot = 0xffffffff;

  struct node {
    time_point when;
    std::uint64_t sequence;
    std::uint32_t slot;
    [[nodiscard]] bool before(const node& other) const {
      return when != other.when ? when < other.when : sequence < other.sequence;
    }
  };
  struct place {
    std::optional<Key> key;        // empty: free
    std::uint32_t at = 0;          // index in heap_; of a free place: the next free one
    std::uint32_t generation = 1;  // rises when the place becomes free, so that old ids miss
  };

  [[nodiscard]] timer_id name_of(std::uint32_t slot) const {
    return static_cast<timer_id>(std::uint64_t{slots_[slot].generation} << 32 | slot);
  }
  void put(std::size_t i, const node& n) {
    heap_[i] = n;
    slots_[n.slot].at = static_cast<std::uint32_t>(i);
  }
  void rise(std::size_t i) {
    const node n = heap_[i];
    for (; i > 0 && n.before(heap_[(i - 1) / 2]); i = (i - 1) / 2) put(i, heap_[(i - 1) / 2]);
    put(i, n);
  }
  void sink(std::size_t i) {
    const node n = heap_[i];
    while (true) {
      std::size_t child = 2 * i + 1;
      if (child >= heap_.size()) break;
      if (child + 1 < heap_.size() && heap_[child + 1].before(heap_[child])) ++child;
      if (!heap_[child].before(n)) break;
      put(i, heap_[child]);
      i = child;
    }
    put(i, n);
  }
  void remove(std::size_t i) {
    place& gone = slots_[heap_[i].slot];
    gone.key.reset();
    if (++gone.generation == 0) gone.generation = 1;
    gone.at = free_;
    free_ = heap_[i].slot;
    const node last = heap_.back();
    heap_.pop_back();
    if (i == heap_.size()) return;
    put(i, last);
    rise(i);
    sink(slots_[last.slot].at);
  }

  std::vector<node> heap_;
  std::vector<place> slots_;
  std::uint32_t free_ = no_slot;
  std::uint64_t sequence_ = 0;
};

}  // namespace sipvoice
