// The public API of libsipvoice: the only header that is installed.
#pragma once

#include <string_view>

namespace sipvoice {

/// Version of the library that is loaded, "MAJOR.MINOR.PATCH". Valid for the program's life.
[[nodiscard]] [[gnu::visibility("default")]] std::string_view version() noexcept;

}  // namespace sipvoice
