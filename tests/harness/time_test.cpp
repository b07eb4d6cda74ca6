// Rows about time, and which cause is named.
#include "rows.hpp"

using namespace test;

TEST_CASE("Time, and the cause that is named", "[rows]") {
  check({
      {"within, at its limit", R"(
 a:
  - wait: 2s
  - call: b
  - wait: 1s
 b:
  network: {delay: 0s}
  steps:
   - expect_call: {within: 2001ms}
)"},
      {"within, just before it", R"(
 a:
  - wait: 2s
  - call: b
  - wait: 1s
 b:
  - expect_call: {within: 1999ms}  # here
)",
       failure{in_time, "b", "expect_call", "within 1.999s", "nothing of it"}},
      {"an expectation that is not to come true, and does not", R"(
 a:
  - call: b
  - expect_answer
  - wait: 4s
  - hangup
 b:
  - expect_call
  - answer
  - expect_no: {expect_hangup: {}, for: 3s}
  - expect_hangup
)"},
      {"an expectation that is not to come true, and does", R"(
 a:
  - call: b
  - expect_answer
  - wait: 1s
  - hangup
 b:
  - expect_call
  - answer
  - expect_no: {expect_hangup: {}, for: 3s}  # here
)",
       failure{signalling, "b", "expect_no", "no the end of the call for 3s", "it came"}},
      {"no call is wanted, and none comes", R"(
 a:
  - wait: 3s
  - call: b
  - expect_answer
 b:
  - expect_no: {expect_call: {}, for: 2s}
  - expect_call
  - answer
)"},
      {"no call is wanted, and one comes", R"(
 a:
  - call: b
  - wait: 3s
 b:
  - expect_no: {expect_call: {}, for: 2s}  # here
)",
       failure{signalling, "b", "expect_no", "no a call for 2s", "it came"}},
      {"an empty name is no party of a bridge or a meeting", R"(
 a:
  - log: hello
 b:
  - log: hello
)"},
      {"the scenario takes longer than it may", R"(
timeout: 3s
parties:
 a:
  - call: b
  - expect_answer
  - play: {file: ../samples/audio/sales.wav}  # here
  - play: {file: ../samples/audio/sales.wav}
 b:
  - expect_call
  - answer
)",
       failure{in_time, "a", "play", "the end of the scenario within 3s", "still at this step"}},
      {"who waits for something is named when the time is over", R"(
timeout: 3s
parties:
 a:
  - call: b
  - expect_answer
  - play: ../samples/audio/sales.wav
  - play: ../samples/audio/sales.wav
 b:
  - expect_call
  - answer
  - expect_dtmf: {digits: "1", within: 3s}  # here
)",
       failure{in_time, "b", "expect_dtmf", "the end of the scenario within 3s", "still"}},
      {"the cause and not its consequences", R"(
 a:
  - call: b
  - expect_answer
  - expect_dtmf: {digits: "1", within: 2s}  # here
  - hangup
 b:
  - expect_call
  - answer
  - expect_dtmf: {digits: "2", within: 10s}
  - expect_hangup
)",
       failure{in_time, "a", "expect_dtmf", "the digits 1", "no digit"}},
      {"a session timer that is too short is asked for again", R"(
 a:
  - call: {to: b, session_expires: 90s}
  - expect_answer
  - wait: 50s
 b:
  - expect_call
  - answer
)"},
  });
}
