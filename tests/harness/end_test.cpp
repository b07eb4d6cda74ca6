// Rows about redirection, cancellation and hang-ups.
#include "rows.hpp"

using namespace test;

TEST_CASE("A call is sent elsewhere, given up, hung up", "[rows]") {
  check({
      {"redirected by 302", R"(
 a:
  - call: b
  - expect_answer
 b:
  - expect_call
  - redirect: c
 c:
  - expect_call
  - answer
)"},
      {"redirected by 301", R"(
 a:
  - call: b
  - expect_response: 301
  - expect_answer
 b:
  - expect_call
  - redirect: {to: c, status: 301}
 c:
  - expect_call
  - answer
)"},
      {"an answered call cannot be redirected", R"(
 a:
  - call: b
  - expect_answer
 b:
  - expect_call
  - answer
  - redirect: c  # here
 c:
  - wait: 1s
)",
       failure{signalling, "b", "redirect", "a call that is not answered", "is answered"}},
      {"given up", R"(
 a:
  - call: b
  - expect_ringing
  - cancel
  - expect_response: 487
 b:
  - expect_call
  - ring
  - expect_request: CANCEL
  - expect_hangup: {by: remote, reason: cancelled}
)"},
      {"an answered call cannot be given up", R"(
 a:
  - call: b
  - expect_answer
  - cancel  # here
 b:
  - expect_call
  - answer
)",
       failure{signalling, "a", "cancel", "a call that was not answered", "is answered"}},
      {"hung up with a reason", R"(
 a:
  - call: b
  - expect_answer
  - hangup: {reason: "Q.850;cause=16"}
 b:
  - expect_call
  - answer
  - expect_hangup: {by: remote, reason: "/cause=16/"}
)"},
      {"hung up with another reason", R"(
 a:
  - call: b
  - expect_answer
  - hangup: {reason: "Q.850;cause=17"}
 b:
  - expect_call
  - answer
  - expect_hangup: {reason: "/cause=16/"}  # here
)",
       failure{signalling, "b", "expect_hangup", "reason /cause=16/", "cause=17"}},
      {"hung up by the wrong side", R"(
 a:
  - call: b
  - expect_answer
  - hangup
 b:
  - expect_call
  - answer
  - expect_hangup: {by: local}  # here
)",
       failure{signalling, "b", "expect_hangup", "by local", "ended by remote"}},
      {"nobody hangs up", R"(
 a:
  - call: b
  - expect_answer
  - wait: 2s
 b:
  - expect_call
  - answer
  - expect_hangup: {within: 1s}  # here
)",
       failure{in_time, "b", "expect_hangup", "the end of the call within 1s", "is up"}},
      {"a call that is over cannot be hung up", R"(
 a:
  - call: b
  - expect_answer
  - hangup
  - hangup  # here
 b:
  - expect_call
  - answer
  - expect_hangup
)",
       failure{signalling, "a", "hangup", "a call that is up", "the call is over"}},
      {"a hang-up nobody asks for", R"(
 a:
  - call: b
  - expect_answer
  - wait: 2s  # here
 b:
  - expect_call
  - answer
  - wait: 1s
  - hangup
)",
       failure{signalling, "a", "wait", "expect_hangup", "the other side ended it"}},
      {"a hang-up after the last step of the other side", R"(
 a:
  - call: b
  - expect_answer  # here
 b:
  - expect_call
  - answer
  - wait: 1s
  - hangup
)",
       failure{signalling, "a", "expect_answer", "expect_hangup", "the other side ended it"}},
      {"whose steps are done stays in its call until all are done", R"(
 a:
  - call: b
  - expect_answer
 b:
  - expect_call
  - answer
  - expect_no: {expect_hangup: {}, for: 20s}
  - expect_media: {audio: both}
)"},
  });
}
