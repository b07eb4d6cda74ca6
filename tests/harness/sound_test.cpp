// Rows about what is played and heard.
#include "rows.hpp"

using namespace test;

namespace {

/// A caller that hears what the other side does once it has answered.
std::string heard(const std::string& steps_of_b, const std::string& steps_of_a) {
  return "\n a:\n  - call: b\n  - expect_answer\n" + steps_of_a +
         " b:\n  - expect_call\n  - answer\n" + steps_of_b;
}

}  // namespace

TEST_CASE("Sound is played and heard", "[rows]") {
  check({
      {"a prompt", heard("  - play: ../samples/audio/welcome.wav\n",
                         "  - expect_audio: {like: ../samples/audio/welcome.wav, within: 1s}\n")},
      {"in the background, while the next step goes on",
       heard("  - play: {file: ../samples/audio/sales.wav, background: true}\n"
             "  - send_dtmf: {digits: \"1\", method: info}\n  - wait: 8s\n",
             "  - expect_dtmf: {digits: \"1\", within: 500ms}\n"
             "  - expect_audio: {like: ../samples/audio/sales.wav}\n")},
      {"again and again until it is stopped",
       heard("  - play: {file: ../samples/audio/chime-stereo.wav, loop: true}\n  - wait: 5s\n"
             "  - stop: play\n  - wait: 3s\n",
             "  - expect_audio: {like: ../samples/audio/chime-stereo.wav, similarity: 0.8}\n"
             "  - expect_audio: {like: ../samples/audio/chime-stereo.wav, similarity: 0.8}\n"
             "  - expect_silence: {for: 1s, within: 4s}\n")},
      {"until a digit comes", R"(
 a:
  - call: b
  - expect_answer
  - wait: 1s
  - send_dtmf: "5"
  - expect_silence: {for: 1s}
  - hangup
 b:
  - expect_call
  - answer
  - play: {file: ../samples/audio/sales.wav, until: dtmf}
  - expect_dtmf: "5"
  - expect_hangup
)"},
      {"until somebody speaks", R"(
 a:
  - call: b
  - expect_answer
  - wait: 1s
  - play: ../samples/audio/welcome.wav
  - expect_silence: {for: 1s}
  - hangup
 b:
  - expect_call
  - answer
  - play: {file: ../samples/audio/sales.wav, loop: true, until: speech}
  - expect_hangup
)"},
      {"a prompt is under way when the call ends", R"(
 a:
  - call: b
  - expect_answer
  - wait: 1s
  - hangup
 b:
  - expect_call
  - answer
  - play: ../samples/audio/sales.wav  # here
)",
       failure{signalling, "b", "play", "expect_hangup", "the other side ended it"}},
      {"a prompt in a call that is refused", R"(
 a:
  - call: b
  - play: ../samples/audio/sales.wav  # here
 b:
  - expect_call
  - reject: 486
)",
       failure{signalling, "a", "play", "a call with media", "486 Busy Here"}},
      {"a tone", heard("  - tone: {hz: 440, for: 1s, level: -20dBm0}\n",
                       "  - expect_audio: {tone: 440, for: 800ms, within: 2s}\n")},
      {"another tone",
       heard("  - tone: {hz: 450, for: 2s}\n  - wait: 2s\n",
             "  - expect_audio: {tone: 440, within: 2s}  # here\n"),
       failure{by_media, "a", "expect_audio", "a tone of 440 Hz for 200ms within 2s",
               "other sound"}},
      {"a tone that is too short",
       heard("  - tone: {hz: 440, for: 500ms}\n  - wait: 3s\n",
             "  - expect_audio: {tone: 440, for: 2s, within: 3s}  # here\n"),
       failure{by_media, "a", "expect_audio", "for 2s within 3s", "a tone of 440 Hz for"}},
      {"any sound", heard("  - tone: 1000\n", "  - expect_audio: {any: true, within: 2s}\n")},
      {"any, as a bare word", heard("  - tone: 1000\n", "  - expect_audio: any\n")},
      {"no sound",
       heard("  - silence: 3s\n", "  - expect_audio: {any: true, within: 2s}  # here\n"),
       failure{by_media, "a", "expect_audio", "sound for 200ms within 2s", "nothing but silence"}},
      {"speech", heard("  - play: ../samples/audio/sales.wav\n",
                       "  - expect_audio: {speech: true, for: 1s}\n")},
      {"silence is no speech",
       heard("  - silence: 3s\n", "  - expect_audio: {speech: true, within: 2s}  # here\n"),
       failure{by_media, "a", "expect_audio", "speech for 200ms", "nothing but silence"}},
      {"silence", heard("  - silence: 3s\n", "  - expect_silence: 2s\n")},
      {"silence that is none",
       heard("  - tone: {hz: 440, for: 3s}\n",
             "  - wait: 200ms\n  - expect_silence: {for: 2s}  # here\n"),
       failure{by_media, "a", "expect_silence", "silence for 2s", "sound of -"}},
      {"silence is heard from its beginning on",
       heard("  - tone: {hz: 440, for: 1s}\n  - wait: 3s\n",
             "  - wait: 1500ms\n  - expect_silence: {for: 1s}\n  - expect_no: {expect_audio: any, "
             "for: 1s}\n")},
      {"what is heard before the expectation is remembered",
       heard("  - play: ../samples/audio/welcome.wav\n  - wait: 5s\n",
             "  - wait: 4s\n"
             "  - expect_audio: {like: ../samples/audio/welcome.wav, within: 100ms}\n")},
      {"an echo", R"(
 a:
  - call: b
  - expect_answer
  - play: ../samples/audio/welcome.wav
  - expect_audio: {like: ../samples/audio/welcome.wav, within: 1s}
 b:
  - expect_call
  - answer
  - echo
)"},
      {"an echo that is stopped", R"(
 a:
  - call: b
  - expect_answer
  - wait: 1s
  - tone: {hz: 440, background: true, for: 2s}
  - expect_no: {expect_audio: any, for: 3s}
 b:
  - expect_call
  - answer
  - echo
  - wait: 500ms
  - stop: echo
)"},
      {"an echo that is stopped is missed", R"(
 a:
  - call: b
  - expect_answer
  - wait: 1s
  - tone: {hz: 440, for: 2s}
  - expect_audio: {tone: 440, within: 1s}  # here
 b:
  - expect_call
  - answer
  - echo
  - wait: 500ms
  - stop: echo
)",
       failure{by_media, "a", "expect_audio", "a tone of 440 Hz", "nothing but silence"}},
      {"nothing that plays can be stopped", heard("  - stop: record  # here\n", ""),
       failure{by_media, "b", "stop", "record", "nothing of it is under way"}},
  });
}
