// Rows of verdicts that are easily wrong: what passes although it must not, and the other way
// round.
#include "rows.hpp"

using namespace test;

TEST_CASE("What must not pass does not, and what must, does", "[rows]") {
  check({
      {"nothing received has neither loss nor jitter", R"(
 a:
  - call: b
  - expect_answer
  - expect_media: {lost: "<1%", jitter: "<20ms", within: 2s}  # here
 b:
  network: {rtp: {loss: 100%}}
  steps:
   - expect_call
   - answer
   - wait: 4s
)",
       failure{by_media, "a", "expect_media", "lost <1%", "no packet received"}},
      {"a digit among others is one that must not come", R"(
 a:
  - call: b
  - expect_answer
  - send_dtmf: "19"
  - wait: 1s
 b:
  - expect_call
  - answer
  - expect_no: {expect_dtmf: {digits: "9"}, for: 2s}  # here
)",
       failure{by_media, "b", "expect_no", "no the digits 9", "it came"}},
      {"what was only looked for is still there", R"(
 a:
  - call: b
  - expect_answer
  - send_dtmf: "1"
  - wait: 3s
 b:
  - expect_call
  - answer
  - expect_no: {expect_dtmf: {digits: "9"}, for: 1s}
  - expect_dtmf: "1"
)"},
      {"an answer is not used up by looking for ringing", R"(
 a:
  - call: b
  - expect_no: {expect_ringing: {}, for: 1s}
  - expect_answer
 b:
  - expect_call
  - answer
  - wait: 2s
)"},
      {"one end is met once", R"(
 a:
  - call: b
  - expect_answer
  - expect_hangup: {by: remote}
  - expect_hangup: {by: remote, within: 1s}  # here
 b:
  - expect_call
  - answer
  - hangup
)",
       failure{in_time, "a", "expect_hangup", "the end of the call", "met before"}},
      {"no sound in a call that never had media proves nothing", R"(
 a:
  - call: b
  - expect_no: {expect_audio: any, for: 1s}  # here
 b:
  - expect_call
  - reject: 486
)",
       failure{by_media, "a", "expect_no", "a call in which it could come", "no media"}},
      {"an end that nobody asks for is the cause, not the sound that lacks then", R"(
 a:
  - call: b
  - expect_answer
  - expect_audio: {tone: 440, for: 2s}  # here
 b:
  - expect_call
  - answer
  - tone: {hz: 440, for: 500ms}
  - hangup
)",
       failure{signalling, "a", "expect_audio", "a call that goes on", "the other side ended it"}},
      {"a tone that is longer than the time in which it begins", R"(
 a:
  - call: b
  - expect_answer
  - expect_audio: {tone: 440, for: 6s}
 b:
  - expect_call
  - answer
  - tone: {hz: 440, for: 7s}
  - wait: 1s
)"},
      {"the packet time of a party is in its offers", R"(
 a:
  - call: {to: b, late_offer: true}
  - expect_response: {status: 200, body: "/a=ptime:40/"}
  - wait: 500ms
 b:
  ptime: 40ms
  steps:
   - expect_call
   - answer
   - wait: 1s
)"},
      {"small letters are the same digits", R"(
 a:
  - call: b
  - expect_answer
  - send_dtmf: "a"
  - wait: 1s
 b:
  - expect_call
  - answer
  - expect_dtmf: "a"
)"},
  });
}
