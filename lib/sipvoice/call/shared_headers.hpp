// The headers of a call's INVITE. Several descriptions of one call hold them (the call, its events,
// its record): a copy shares them, and whoever changes his own leaves the others as they were.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sipvoice/call/client_values.hpp"

namespace sipvoice::call {

class shared_headers {
 public:
  using value_type = header_list::value_type;

  shared_headers() = default;
  shared_headers(std::initializer_list<value_type> list)
      : list_(std::make_shared<header_list>(list)) {}

  [[nodiscard]] const value_type* begin() const { return list_ ? list_->data() : nullptr; }
  [[nodiscard]] const value_type* end() const { return begin() + size(); }
  [[nodiscard]] std::size_t size() const { return list_ ? list_->size() : 0; }
  [[nodiscard]] bool empty() const { return size() == 0; }

  void reserve(std::size_t count) { own().reserve(count); }
  void push_back(const value_type& header) { own().push_back(header); }
  template <class Name, class Value>
  void emplace_back(Name&& name, Value&& value) {
    own().emplace_back(std::forward<Name>(name), std::forward<Value>(value));
  }
  void clear() { list_.reset(); }

 private:
  header_list& own() {
    if (!list_)
      list_ = std::make_shared<header_list>();
    else if (list_.use_count() > 1)
      list_ = std::make_shared<header_list>(*list_);
    return *list_;
  }

  std::shared_ptr<header_list> list_;
};

}  // namespace sipvoice::call
