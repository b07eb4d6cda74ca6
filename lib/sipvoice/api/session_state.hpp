// What a Session handle points to: the values of one call, and who carries out its commands.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sipvoice/api/incoming_sound.hpp"
#include "sipvoice/api/outgoing_sound.hpp"
#include "sipvoice/audio/stream_resampler.hpp"
#include "sipvoice/call/endpoint.hpp"
#include "sipvoice/config.hpp"
#include "sipvoice/session.hpp"

namespace sipvoice::api {

class control;

/// A producer that is asked for pieces, and the piece of it that did not fit; or one piece whose
/// end is told.
struct chunk_stream {
  AudioChunks next = {};  ///< empty: there is nothing behind `rest`
  std::uint32_t sample_rate = 0;
  std::vector<std::int16_t> rest = {};
  std::size_t used = 0;
  std::function<void(Session&, const Sent&)> completion = {};  ///< with an empty `next`
};

struct session_state : std::enable_shared_from_this<session_state> {
  std::weak_ptr<control> owner;
  call::call_id call{};
  std::string id, participant_id, room_id, channel_id;
  Metadata metadata;
  State state = State::connecting;
  bool answered = false;  ///< by the protocol; active once its media are at work
  std::function<void(Session&, const DialResult&)> completion = {};
  int status = 0;  ///< of the answer
  std::optional<MediaStatistics> figures = {};
  std::optional<CallRecord> record = {};

  // Sound, from the opening of media to the end.
  std::shared_ptr<incoming_sound> heard = {};
  std::shared_ptr<outgoing_sound> sent = {};
  std::unique_ptr<audio::stream_resampler> resampler = {};  ///< of another rate than the codec's
  std::optional<chunk_stream> chunks = {};
  /// Of pieces that are over, not told yet.
  std::vector<std::pair<std::function<void(Session&, const Sent&)>, Sent>> completed = {};
};

}  // namespace sipvoice::api
