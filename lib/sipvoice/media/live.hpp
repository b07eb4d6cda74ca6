// A microphone and a speaker in a call: what comes is played at once, with as little delay as the
// network allows, and what the microphone hears goes out with every tick.
//
// Both have the sound card's sample rate; codecs of other rates are resampled here. Costs nothing
// while there is none.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "sipvoice/audio/stream_resampler.hpp"
#include "sipvoice/media/lane.hpp"
#include "sipvoice/media/packet_decoder.hpp"
#include "sipvoice/media/playout.hpp"
#include "sipvoice/media/values.hpp"

namespace sipvoice::media {

class live {
 public:
  /// Nothing, or a rate that is no rate of sound: ends it.
  void use(std::shared_ptr<live_sound> sound);
  [[nodiscard]] bool active() const { return on_ != nullptr; }

  /// A packet that came, each once; and one without sound.
  void hear(const rtp::packet_header& header, audio::codec_id codec, byte_view payload,
            time_point now);
  void note_other(const rtp::packet_header& header, time_point now);
  void new_source();
  void handle_timeout(time_point now);
  [[nodiscard]] time_point next_deadline() const;

  /// One tick: so much of what was heard goes to the speaker.
  void tick(duration length);
  /// The microphone's sound of one tick, at this sample rate. False: there is none, the frame is
  /// untouched.
  bool read(std::span<std::int16_t> frame, std::uint32_t sample_rate);

 private:
  struct state {
    explicit state(std::shared_ptr<live_sound> s);
    std::shared_ptr<live_sound> sound;
    std::uint32_t rate;
    playout heard;
    lane into_heard;
    packet_decoder decoder;
    std::unique_ptr<audio::stream_resampler> to_codec;  ///< where the codec has another rate
  };
  std::unique_ptr<state> on_;
};

}  // namespace sipvoice::media
