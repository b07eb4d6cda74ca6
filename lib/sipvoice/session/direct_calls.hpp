// The calls without signalling of one engine: begun at once, ended by a command, a timeout of media
// or the peer's RTCP BYE. Private to `session`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "sipvoice/base/random.hpp"
#include "sipvoice/session/direct.hpp"

namespace sipvoice::session {

class direct_calls {
 public:
  struct opened {
    call::call_info info;
    call::call_answered answered;
    media::media_open media;
  };
  [[nodiscard]] opened open(const direct_request& request, random_source& random, time_point now);

  /// Whether the call is one of these: their numbers are none of an endpoint's.
  [[nodiscard]] static bool owns(call::call_id id);
  /// Begins the end. Returns the media session to close; nothing: unknown, or ending already.
  [[nodiscard]] std::optional<media::media_id> end(call::call_id id, call::ended_by by,
                                                   std::string reason);
  /// Its media has closed: the end. Nothing of an unknown call.
  [[nodiscard]] std::optional<call::call_ended> closed(call::call_id id,
                                                       const media::media_statistics& statistics,
                                                       time_point now);

 private:
  struct one {
    media::media_id media{};
    time_point began{};
    std::optional<call::ended_by> by;  ///< nothing: it is up
    std::string reason;
  };
  std::uint64_t last_ = 0;
  std::unordered_map<call::call_id, one> calls_;
};

}  // namespace sipvoice::session
