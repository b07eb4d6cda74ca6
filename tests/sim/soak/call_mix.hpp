// What happens in the middle of calls, and how a batch is configured besides.
#pragma once

#include "call_script.hpp"
#include "chance.hpp"

namespace soak {

/// Gives the batch its digest, session timers, reliable provisionals and TCP, and every third of
/// its calls steps, among them transfers; appends the scripts that those lead to.
void draw_mix(chance& c, batch_script& b);

}  // namespace soak
