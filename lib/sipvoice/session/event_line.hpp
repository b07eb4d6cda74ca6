// One line of the event stream, as the engine hands it out.
#pragma once

#include <cstdint>
#include <string>

namespace sipvoice::session {

/// One line of the event stream (--events), as a JSON text without the line end, and the same for
/// a person as one short line for the log.
struct event_line {
  std::string json;  ///< empty: nobody asked for it
  std::string text;  ///< the same
  bool warning = false;
};

/// Which events are made into a text.
enum class event_texts : std::uint8_t { all, warnings, none };

}  // namespace sipvoice::session
