// The boundary between the library and the callbacks of an application: nothing that is thrown
// there comes through. Private to control.
#pragma once

#include <exception>
#include <utility>

#include "sipvoice/api/control.hpp"

namespace sipvoice::api {

template <class Handler, class... Arguments>
bool control::give(const Handler& handler, const state_ptr& s, const Arguments&... arguments) {
  if (!handler) return true;
  Session session = handle(s);
  try {
    handler(session, arguments...);
    return true;
  } catch (const std::exception& e) {
    failed(s, e.what());
  } catch (...) {
    failed(s, "something that is no std::exception");
  }
  return false;
}

}  // namespace sipvoice::api
