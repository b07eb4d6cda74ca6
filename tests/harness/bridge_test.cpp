// Rows about calls whose sound is mixed.
#include "rows.hpp"

using namespace test;

TEST_CASE("A bridge mixes the sound of its calls", "[rows]") {
  check({
      {"a bridge mixes three", R"(
 a:
  - call: {to: m, as: out}
  - expect_answer
  - sync: all
  - tone: {hz: 440, for: 3s, background: true}
  - expect_audio: {tone: 880, within: 3s}
 b:
  - call: {to: m, as: out}
  - expect_answer
  - sync: all
  - tone: {hz: 880, for: 3s, background: true}
  - expect_audio: {tone: 440, within: 3s}
 m:
  - expect_call: {as: one}
  - answer
  - bridge: {name: room, on: one}
  - expect_call: {as: two}
  - answer
  - bridge: {name: room, on: two}
  - sync: all
  - wait: 4s
)"},
      {"without a bridge nobody hears the other", R"(
 a:
  - call: m
  - expect_answer
  - wait: 1s
  - tone: {hz: 440, for: 3s}
 b:
  - call: m
  - expect_answer
  - expect_audio: {tone: 440, within: 3s}  # here
 m:
  - expect_call
  - answer
  - expect_call
  - answer
)",
       failure{by_media, "b", "expect_audio", "a tone of 440 Hz", "nothing but silence"}},
      {"calls of other codecs, one of which leaves", R"(
 a:
  codecs: [g722]
  steps:
   - call: m
   - expect_answer: {codec: g722}
   - sync: all
   - tone: {hz: 440, for: 5s, background: true}
   - expect_audio: {tone: 880, within: 3s}
   - sync: heard
   - hangup
 b:
  codecs: [pcma]
  steps:
   - call: m
   - expect_answer: {codec: pcma}
   - sync: all
   - tone: {hz: 880, for: 2s, background: true}
   - expect_audio: {tone: 440, within: 3s}
   - sync: heard
   - expect_silence: {for: 1s, within: 1s}
   - tone: {hz: 660, for: 2s}
 c:
  - call: m
  - expect_answer
  - sync: all
  - sync: heard
  - expect_audio: {tone: 660, within: 8s}
 m:
  codecs: [pcmu, pcma, g722]
  steps:
   - expect_call: {as: one}
   - answer
   - bridge: {name: room, on: one}
   - expect_call: {as: two}
   - answer
   - bridge: {name: room, on: two}
   - expect_call: {as: three}
   - answer
   - bridge: {name: room, on: three}
   - sync: all
   - sync: heard
   - expect_hangup: {on: one}
   - wait: 8s
)"},
      {"nobody hears itself", R"(
 a:
  - call: m
  - expect_answer
  - wait: 1s
  - tone: {hz: 440, for: 2s, background: true}
  - expect_audio: {tone: 440, within: 2s}  # here
 b:
  - call: m
  - expect_answer
 m:
  - expect_call: {as: one}
  - answer
  - bridge: {name: room, on: one}
  - expect_call: {as: two}
  - answer
  - bridge: {name: room, on: two}
  - wait: 5s
)",
       failure{by_media, "a", "expect_audio", "a tone of 440 Hz", "nothing but silence"}},
      {"a call that is refused has nothing to mix", R"(
 a:
  - call: m
  - wait: 1s
  - bridge: room
 m:
  - expect_call
  - reject: 486
  - bridge: room  # here
)",
       failure{signalling, "m", "bridge", "a call with media", "486"}},
  });
}
