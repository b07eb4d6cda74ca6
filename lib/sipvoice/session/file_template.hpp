// File names from templates: {call_id} {session_id} {room_id} {caller} {callee} {n} {start}.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sipvoice/base/result.hpp"
#include "sipvoice/base/time.hpp"
#include "sipvoice/call/endpoint.hpp"

namespace sipvoice::session {

/// A value from the network as part of a file name: only [A-Za-z0-9._-], other characters become
/// '_', at most 120 characters; never empty, "." or "..", and never beginning with '.'.
[[nodiscard]] std::string safe_name(std::string_view value);

/// Checks the template: known words only, and the extension .wav.
[[nodiscard]] result<void> check_template(std::string_view text);
/// The same of a picture: it must end in .svg.
[[nodiscard]] result<void> check_picture_template(std::string_view text);

/// Fills in a template that one of these accepts. `n`: 1 for the first call of the process.
/// `caller` and `callee` are the users of their URIs (the host where there is none), `start` is UTC
/// as 20240131T235959Z. No value can leave the template's folder; a name that would be longer than
/// a file system takes is cut before its extension.
[[nodiscard]] std::string expand_template(std::string_view text, const call::call_info& info,
                                          std::uint64_t n, wall_time start);

}  // namespace sipvoice::session
