#include "sipvoice/sipvoice.hpp"

namespace sipvoice {

std::string_view version() noexcept { return SIPVOICE_VERSION; }

}  // namespace sipvoice
