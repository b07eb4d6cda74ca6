// `sipvoice codecs`: what can be negotiated.
#include <cstdio>

#include "commands.hpp"
#include "errors.hpp"
#include "sipvoice/audio/codec.hpp"

namespace sipvoice::app {

command codecs_command() {
  return {"codecs", "list codecs with payload type, clock rate and sample rate", [](option_set&) {},
          [] {
            std::printf("%-10s %12s %12s %12s\n", "codec", "payload type", "RTP clock Hz",
                        "audio Hz");
            for (const audio::codec_info& c : audio::codecs()) {
              std::printf("%-10.*s %12u %12u %12u\n", static_cast<int>(c.option_name.size()),
                          c.option_name.data(), c.payload_type, c.clock_rate, c.sample_rate);
            }
            return exit_code::ok;
          }};
}

}  // namespace sipvoice::app
