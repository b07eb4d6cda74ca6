// What a Config means to the runtime over sockets.
#pragma once

#include <string>

#include "sipvoice/config.hpp"
#include "sipvoice/io/runtime.hpp"

namespace sipvoice::backend {

/// Throws Error (configuration) where a value that the runtime needs cannot be used.
void check(const Config& config);
/// Without the endpoint's part.
[[nodiscard]] io::runtime_config runtime_config_of(const Config& config);

}  // namespace sipvoice::backend
