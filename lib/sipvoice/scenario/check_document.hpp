// What only the whole document shows. Private to `scenario`.
#pragma once

#include <vector>

#include "sipvoice/scenario/document.hpp"

namespace sipvoice::scenario {

void check_document(const document& d, std::vector<mistake>& mistakes);

}  // namespace sipvoice::scenario
