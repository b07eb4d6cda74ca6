// Rows about how calls begin.
#include "rows.hpp"

using namespace test;

TEST_CASE("A call is placed and met as it was asked for", "[rows]") {
  check({
      {"the least", R"(
 a:
  - call: b
  - expect_answer
 b:
  - expect_call
  - answer
)"},
      {"codecs of the call and of the answer", R"(
 a:
  codecs: [pcmu, pcma, g722]
  steps:
   - call: {to: b, codecs: [g722, pcma]}
   - expect_answer: {codec: pcma}
 b:
  codecs: [pcmu, g722, pcma]
  steps:
   - expect_call
   - answer: {codecs: [pcma]}
)"},
      {"another codec than is expected", R"(
 a:
  - call: {to: b, codecs: [pcma, pcmu]}
  - expect_answer: {codec: pcmu}  # here
 b:
  - expect_call
  - answer
)",
       failure{signalling, "a", "expect_answer", "an answer with pcmu", "an answer with pcma"}},
      {"nothing in common", R"(
 a:
  codecs: [pcmu]
  steps:
   - call: b
   - expect_rejected: 488
 b:
  codecs: [g722]
  steps:
   - wait: 1s
)"},
      {"headers by value, regular expression and any", R"(
 a:
  headers: {X-All: always}
  steps:
   - call: {to: b, headers: {X-Room: sales, Subject: "the red one"}}
   - expect_answer
 b:
  - expect_call: {headers: {X-Room: sales, Subject: "/red/", X-All: "*"}}
  - answer
)"},
      {"a header that is only begun with what is wanted", R"(
 a:
  - call: {to: b, headers: {X-Room: sales2}}
  - wait: 3s
 b:
  - expect_call: {headers: {X-Room: sales}, within: 2s}  # here
)",
       failure{in_time, "b", "expect_call", "X-Room: sales within 2s", "X-Room: sales2"}},
      {"a regular expression that does not match", R"(
 a:
  - call: {to: b, headers: {X-Room: sales}}
  - wait: 3s
 b:
  - expect_call: {headers: {X-Room: "/^[0-9]+$/"}, within: 2s}  # here
)",
       failure{in_time, "b", "expect_call", "X-Room: /^[0-9]+$/", "X-Room: sales"}},
      {"a header that is not there", R"(
 a:
  - call: b
  - wait: 3s
 b:
  - expect_call: {headers: {X-Room: "*"}, within: 2s}  # here
)",
       failure{in_time, "b", "expect_call", "X-Room: *", "no X-Room"}},
      {"from and to", R"(
 a:
  - call: {to: b, from: "sip:boss@example.com"}
  - expect_answer
 b:
  - expect_call: {from: "sip:boss@example.com", to: /^sip:b@/}
  - answer
)"},
      {"from somebody else", R"(
 a:
  - call: b
  - wait: 3s
 b:
  - expect_call: {from: "/boss/", within: 1s}  # here
)",
       failure{in_time, "b", "expect_call", "from /boss/", "From sip:a@"}},
      {"nobody calls in time", R"(
 a:
  - wait: 3s
  - call: b
 b:
  - expect_call: {within: 2s}  # here
)",
       failure{in_time, "b", "expect_call", "a call within 2s", "nothing of it"}},
      {"a late offer", R"(
 a:
  - call: {to: b, late_offer: true}
  - expect_answer: {codec: pcmu}
  - expect_media: {audio: both}
 b:
  - expect_call
  - answer
  - expect_media: {audio: both}
)"},
      {"an answer that does not come in time", R"(
 a:
  - call: {to: b, timeout: 2s}
  - expect_answer: {within: 3s}  # here
 b:
  - expect_call
  - ring
  - expect_request: CANCEL
  - expect_hangup: {by: remote, reason: cancelled}
)",
       failure{signalling, "a", "expect_answer", "an answer", "487"}},
      {"two calls of one party by name", R"(
 a:
  - call: {to: b, as: first}
  - call: {to: b, as: second}
  - expect_answer: {on: second}
  - expect_rejected: {status: 486, on: first}
 b:
  - expect_call: {as: one}
  - expect_call: {as: two}
  - reject: {status: 486, on: one}
  - answer: {on: two}
)"},
  });
}
