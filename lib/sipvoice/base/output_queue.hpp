// What an object has to say, in order, until its owner polls it. Its memory is kept from one
// draining to the next: saying something costs no allocation.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace sipvoice {

template <class T>
class output_queue {
 public:
  template <class... Args>
  void emplace_back(Args&&... args) {
    items_.emplace_back(std::forward<Args>(args)...);
  }
  [[nodiscard]] bool empty() const { return taken_ == items_.size(); }
  [[nodiscard]] std::size_t size() const { return items_.size() - taken_; }
  /// The oldest; nothing when there is none.
  [[nodiscard]] std::optional<T> pop() {
    std::optional<T> first;
    if (empty()) return first;
    first.emplace(std::move(items_[taken_]));
    if (++taken_ == items_.size()) {
      items_.clear();
      taken_ = 0;
      if (items_.capacity() > most_kept) items_.shrink_to_fit();
    }
    return first;
  }

 private:
  static constexpr std::size_t most_kept = 64;  ///< places; a burst gives its memory back

  std::vector<T> items_;
  std::size_t taken_ = 0;
};

}  // namespace sipvoice
