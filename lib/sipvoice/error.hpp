// What can go wrong in a call of the API.
//
// Two ways, and no third. What was set up wrongly (an address that cannot be bound, a codec that
// does not exist, a session that is unknown) throws `Error` with one line that names the cause and
// what to do. What may happen at any moment because of the other side (a call that has ended, a
// queue that is full) is an `Outcome`, and never throws.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

#include "sipvoice/export.hpp"

namespace sipvoice {
inline namespace v0 {

/// Thrown by constructors, start(), dial() and look-ups; `what()` is one line in English.
class SIPVOICE_API Error : public std::runtime_error {
 public:
  /// What sort of failure it is.
  enum class Kind : std::uint8_t {
    configuration,    ///< a value of a configuration or a request cannot be used
    system,           ///< the operating system has refused: an address, a port, a file
    unknown_session,  ///< there is no such session
    wrong_state,      ///< not before start(), not after stop(), not twice
  };
  /// `what`: one line.
  Error(Kind kind, const std::string& what) : std::runtime_error(what), kind_(kind) {}
  ~Error() override;
  Error(const Error&) = default;             ///< copies
  Error& operator=(const Error&) = default;  ///< copies
  /// What sort of failure it is.
  [[nodiscard]] Kind kind() const noexcept { return kind_; }

 private:
  Kind kind_;
};

/// What became of a command to a session.
enum class Outcome : std::uint8_t {
  done,         ///< accepted; what comes of it is told by a callback, where there is one
  ended,        ///< the session is over, or its backend is gone
  wrong_state,  ///< not now: answered already, not answered yet, no media, refused by the protocol
  invalid,      ///< a value cannot be used: no digit, no URI, a file that cannot be read
  full,         ///< the queue is full; on_audio_ready tells when there is room
  cancelled,    ///< of a completion: cancel_audio(), the caller's speech or another stream has
                ///< dropped the rest
};

}  // namespace v0
}  // namespace sipvoice
