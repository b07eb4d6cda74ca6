// The worker's end of what an application sends: at the rate of the codec, whichever that is now.
// Costs nothing while there is none.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "sipvoice/audio/stream_resampler.hpp"
#include "sipvoice/media/event_queue.hpp"
#include "sipvoice/media/values.hpp"

namespace sipvoice::media {

class source_reader {
 public:
  /// Nothing, or a rate that is no rate of sound: ends it.
  void use(std::shared_ptr<sound_source> source);
  /// Fills `frame`, of this sample rate, silence behind the last sample. False: nothing is to be
  /// said, the frame is untouched.
  bool read(std::span<std::int16_t> frame, std::uint32_t sample_rate, event_queue& events);
  /// What waits is dropped. True: something did.
  bool interrupt(event_queue& events);

 private:
  void tell(event_queue& events);

  std::shared_ptr<sound_source> source_;
  std::unique_ptr<audio::stream_resampler> resampler_;  ///< where the codec has another rate
};

}  // namespace sipvoice::media
