// The version of the library.
#pragma once

#include <string_view>

#include "sipvoice/export.hpp"

namespace sipvoice {
inline namespace v0 {

/// Version of the library that is loaded, "MAJOR.MINOR.PATCH". Valid for the program's life.
[[nodiscard]] SIPVOICE_API std::string_view version() noexcept;

}  // namespace v0
}  // namespace sipvoice
