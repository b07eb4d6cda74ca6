// A bounded queue between exactly two threads: one writes, one reads, neither ever waits.
//
// Recordings and long files pass through it between a media worker and a helper thread. What does
// not fit is not taken: the writer counts it as an overrun.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>

namespace sipvoice {

template <class T>
class ring {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  /// Holds at least `capacity` elements, rounded up to a power of two (at least 1). The only
  /// allocation is made here.
  explicit ring(std::size_t capacity)
      : mask_(std::bit_ceil(std::max<std::size_t>(capacity, 1)) - 1),
        elements_(std::make_unique<T[]>(mask_ + 1)) {}
  ring(const ring&) = delete;
  ring& operator=(const ring&) = delete;

  [[nodiscard]] std::size_t capacity() const { return mask_ + 1; }
  /// Elements that can be read. Exact for the reader's next read, a lower bound later; for the
  /// writer an upper bound.
  [[nodiscard]] std::size_t size() const {
    // The reader's position first: it can only follow the writer's, so the difference is no less
    // than zero, and at most the capacity when this thread is the reader or the writer.
    const std::size_t taken = taken_.load(std::memory_order_acquire);
    return put_.load(std::memory_order_acquire) - taken;
  }

  /// The writing thread only: takes as many elements of the front of `in` as fit; their number.
  std::size_t write(std::span<const T> in) {
    const std::size_t at = put_.load(std::memory_order_relaxed);
    const std::size_t room = capacity() - (at - taken_.load(std::memory_order_acquire));
    const std::size_t n = std::min(in.size(), room);
    const std::size_t first = std::min(n, capacity() - (at & mask_));
    std::copy_n(in.data(), first, elements_.get() + (at & mask_));
    std::copy_n(in.data() + first, n - first, elements_.get());
    put_.store(at + n, std::memory_order_release);
    return n;
  }

  /// The reading thread only: fills the front of `out` with what is there; the number of elements.
  std::size_t read(std::span<T> out) {
    const std::size_t at = taken_.load(std::memory_order_relaxed);
    const std::size_t there = put_.load(std::memory_order_acquire) - at;
    const std::size_t n = std::min(out.size(), there);
    const std::size_t first = std::min(n, capacity() - (at & mask_));
    std::copy_n(elements_.get() + (at & mask_), first, out.data());
    std::copy_n(elements_.get(), n - first, out.data() + first);
    taken_.store(at + n, std::memory_order_release);
    return n;
  }

 private:
  // Positions only rise (and wrap with std::size_t); the two threads' positions lie on different
  // cache lines.
  static constexpr std::size_t cache_line = 64;

  std::size_t mask_;
  std::unique_ptr<T[]> elements_;
  alignas(cache_line) std::atomic<std::size_t> put_{0};
  alignas(cache_line) std::atomic<std::size_t> taken_{0};
};

}  // namespace sipvoice
