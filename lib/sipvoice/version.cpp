#include "sipvoice/version.hpp"

namespace sipvoice {
inline namespace v0 {

std::string_view version() noexcept { return SIPVOICE_VERSION; }

}  // namespace v0
}  // namespace sipvoice
