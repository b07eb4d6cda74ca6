// Something to be called outside of what is being done now, for the sake of one call.
#pragma once

#include <functional>

#include "sipvoice/call/endpoint.hpp"

namespace sipvoice::call {

struct deferred {
  call_id owner{};  ///< the call whose deadlines may have changed; call_id{}: none
  std::function<void()> run;
};

}  // namespace sipvoice::call
