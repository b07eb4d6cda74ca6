// Listens for digits that come as tones in the sound: where no telephone-event was agreed. It has a
// decoder of its own and costs nothing while it does not listen.
//
// Packets are heard in their order. Where one is lost, a digit before it and behind it is one;
// where packets stop coming in the middle of a digit it is told after a while as incomplete.
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "sipvoice/audio/codec.hpp"
#include "sipvoice/audio/dtmf_detector.hpp"
#include "sipvoice/media/event_queue.hpp"
#include "sipvoice/rtp/reorder_queue.hpp"

namespace sipvoice::media {

class tone_ear {
 public:
  /// A packet behind a gap waits so long for the one before it.
  static constexpr duration max_wait = std::chrono::milliseconds(40);
  /// Nothing came for so long: what is under way has lost its end.
  static constexpr duration patience = std::chrono::milliseconds(150);

  void listen(bool on, event_queue& events);

  /// A packet that came, each once.
  void hear(const rtp::packet_header& header, audio::codec_id codec, byte_view payload,
            time_point now, event_queue& events);
  /// A packet without sound: only its number counts.
  void note_other(const rtp::packet_header& header, time_point now, event_queue& events);
  /// Another source follows, or the end.
  void finish(event_queue& events);

  void handle_timeout(time_point now, event_queue& events);
  [[nodiscard]] time_point next_deadline() const;

 private:
  struct stream {
    rtp::reorder_queue queue{max_wait};  ///< packets of `codec` only
    std::array<std::unique_ptr<audio::decoder>, audio::codec_count> decoders;  ///< made when used
    std::optional<audio::codec_id> codec;
    std::optional<audio::dtmf_detector> detector;
    bool played = false;  ///< the following two are of this source and codec
    sequence_number last;
    rtp_timestamp end;
    time_point updated = never;  ///< of the last packet, while a digit may be under way
  };
  void use(audio::codec_id codec, event_queue& events);
  void play(const rtp::reorder_queue::item& item, event_queue& events);
  void bridge(const rtp::packet_header& next);
  void tell(event_queue& events);

  std::unique_ptr<stream> stream_;  ///< while it listens
};

}  // namespace sipvoice::media
