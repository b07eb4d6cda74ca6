// result<T>: what parsers return. A value, or one failure that says what is wrong and where.
//
// A failure never allocates: its text is a string literal, so hostile input cannot make it grow.
#pragma once

#include <boost/system/result.hpp>
#include <cstddef>
#include <stdexcept>
#include <string>

namespace sipvoice {

struct failure {
  const char* what = "";   ///< a literal, in lower case, without a full stop
  std::size_t offset = 0;  ///< byte offset in the text that was parsed, 0 where it is not known
};

template <class T>
using result = boost::system::result<T, failure>;

/// Makes result<T>::value() throw what a person can read. Found by argument-dependent lookup.
[[noreturn]] inline void throw_exception_from_error(const failure& f,
                                                    const boost::source_location&) {
  throw std::runtime_error(std::string(f.what) + " at offset " + std::to_string(f.offset));
}

}  // namespace sipvoice
