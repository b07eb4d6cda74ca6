// Rows about ringing, early media, answers and refusals.
#include "rows.hpp"

using namespace test;

TEST_CASE("A call rings, has early media, is answered or refused", "[rows]") {
  check({
      {"ringing with a header", R"(
 a:
  - call: b
  - expect_ringing: {headers: {Alert-Info: "/bell/"}, within: 1s}
  - expect_answer: {headers: {X-Agent: "7"}}
 b:
  - expect_call
  - ring: {for: 300ms, headers: {Alert-Info: "<urn:alert:bell>"}}
  - answer: {headers: {X-Agent: "7"}}
)"},
      {"no ringing before the answer", R"(
 a:
  - call: b
  - expect_ringing: {within: 1s}  # here
 b:
  - expect_call
  - answer
)",
       failure{signalling, "a", "expect_ringing", "a response 180 or 183", "200 OK"}},
      {"an answer with another header", R"(
 a:
  - call: b
  - expect_answer: {headers: {X-Agent: "8"}}  # here
 b:
  - expect_call
  - answer: {headers: {X-Agent: "7"}}
)",
       failure{signalling, "a", "expect_answer", "X-Agent: 8", "X-Agent: 7"}},
      {"ringing after the answer is too late", R"(
 a:
  - call: b
  - expect_answer
 b:
  - expect_call
  - answer
  - ring  # here
)",
       failure{signalling, "b", "ring", "a call that can ring", "the call is answered"}},
      {"early media are heard before the answer", R"(
 a:
  - call: b
  - expect_response: {status: 183, headers: {X-Early: "1"}}
  - expect_audio: {tone: 440, within: 2s}
  - expect_answer
 b:
  - expect_call
  - early_media: {headers: {X-Early: "1"}}
  - tone: {hz: 440, for: 1s}
  - answer
)"},
      {"early media after the answer", R"(
 a:
  - call: b
  - expect_answer
 b:
  - expect_call
  - answer
  - early_media  # here
)",
       failure{signalling, "b", "early_media", "a call that is not answered", "is answered"}},
      {"refused, and the phrase and header are seen", R"(
 a:
  - call: b
  - expect_response: {status: 486}
 b:
  - expect_call
  - reject: 486
)"},
      {"refused with a header", R"(
 a:
  - call: b
  - expect_rejected: {status: 5xx, headers: {Retry-After: "30"}}
 b:
  - expect_call
  - reject: {status: 503, headers: {Retry-After: "30"}}
)"},
      {"refused otherwise", R"(
 a:
  - call: b
  - expect_rejected: 486  # here
 b:
  - expect_call
  - reject: 603
)",
       failure{signalling, "a", "expect_rejected", "a refusal 486", "603 Decline"}},
      {"answered, where a refusal is expected", R"(
 a:
  - call: b
  - expect_rejected  # here
 b:
  - expect_call
  - answer
)",
       failure{signalling, "a", "expect_rejected", "a refusal", "the call was answered"}},
      {"refused, where an answer is expected", R"(
 a:
  - call: b
  - expect_answer  # here
 b:
  - expect_call
  - reject: 404
)",
       failure{signalling, "a", "expect_answer", "an answer", "404 Not Found to the INVITE"}},
      {"an answered call cannot be refused", R"(
 a:
  - call: b
  - expect_answer
 b:
  - expect_call
  - answer
  - reject: 486  # here
)",
       failure{signalling, "b", "reject", "a call that is not answered", "the call is answered"}},
      {"a response of several", R"(
 a:
  - call: b
  - expect_response: {status: [180, 183]}
  - expect_response: 4xx
 b:
  - expect_call
  - ring
  - reject: 480
)"},
      {"a final response of another class fails at once", R"(
 a:
  - call: b
  - expect_response: {status: 2xx, within: 20s}  # here
 b:
  - expect_call
  - reject: 480
)",
       failure{signalling, "a", "expect_response", "a response 2xx", "480"}},
  });
}
