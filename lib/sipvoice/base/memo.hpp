// A value that is computed when it is first asked for and kept. It belongs to one object: a copy
// and the target of a move begin without it, so it may hold views into its owner. Not for use from
// several threads at once.
#pragma once

#include <optional>

namespace sipvoice {

template <class T>
class memo {
 public:
  memo() = default;
  memo(const memo&) noexcept {}
  memo& operator=(const memo&) noexcept {
    value_.reset();
    return *this;
  }
  ~memo() = default;

  template <class F>
  const T& get(F&& compute) const {
    if (!value_) value_.emplace(compute());
    return *value_;
  }

 private:
  mutable std::optional<T> value_;
};

}  // namespace sipvoice
