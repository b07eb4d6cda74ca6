// A visitor for std::visit() made of one function object for each alternative.
#pragma once

namespace sipvoice {

template <class... F>
struct overloaded : F... {
  using F::operator()...;
};
template <class... F>
overloaded(F...) -> overloaded<F...>;

}  // namespace sipvoice
