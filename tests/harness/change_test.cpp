// Rows about what changes inside a call: hold, other codecs, transfers, requests and responses.
#include "rows.hpp"

using namespace test;

namespace {

std::string in_call(const std::string& of_a, const std::string& of_b) {
  return "\n a:\n  - call: b\n  - expect_answer\n" + of_a + " b:\n  - expect_call\n  - answer\n" +
         of_b;
}

}  // namespace

TEST_CASE("A call is held, taken back and negotiated again", "[rows]") {
  check({
      {"held and resumed", in_call("  - hold\n  - wait: 1s\n  - resume\n  - wait: 1s\n",
                                   "  - expect_hold\n  - expect_resume\n"
                                   "  - expect_media: {audio: both}\n")},
      {"a held side hears nothing",
       in_call("  - tone: {hz: 440, for: 30s, background: true}\n  - wait: 1s\n  - hold\n"
               "  - wait: 5s\n",
               "  - expect_hold\n  - wait: 1s\n  - expect_no: {expect_audio: {tone: 440}, "
               "for: 1s}  # here\n"),
       failure{by_media, "b", "expect_no", "no a tone of 440 Hz", "it came"}},
      {"not held", in_call("  - wait: 3s\n", "  - expect_hold: {within: 2s}  # here\n"),
       failure{in_time, "b", "expect_hold", "to be put on hold within 2s", "goes on as it was"}},
      {"not resumed",
       in_call("  - hold\n  - wait: 5s\n",
               "  - expect_hold\n  - expect_resume: {within: 2s}  # here\n"),
       failure{in_time, "b", "expect_resume", "taken off hold within 2s", "goes on as it was"}},
      {"held and remembered", in_call("  - hold\n  - resume\n",
                                      "  - wait: 3s\n  - expect_hold: {within: 10ms}\n"
                                      "  - expect_resume: {within: 10ms}\n")},
      {"the call ends instead of being held",
       in_call("  - wait: 1s\n  - hangup\n",
               "  - expect_hold: {within: 3s}  # here\n  - expect_hangup\n"),
       failure{signalling, "b", "expect_hold", "to be put on hold", "ended by remote"}},
      {"a call that is over cannot be held",
       in_call("  - hangup\n  - hold  # here\n", "  - expect_hangup\n"),
       failure{signalling, "a", "hold", "a call that can be changed", "the call is over"}},
      {"a call that is over cannot be resumed",
       in_call("  - hangup\n  - resume  # here\n", "  - expect_hangup\n"),
       failure{signalling, "a", "resume", "a call that can be changed", "the call is over"}},
      {"other codecs", R"(
 a:
  codecs: [pcmu, pcma]
  steps:
   - call: b
   - expect_answer: {codec: pcmu}
   - reinvite: {codecs: [pcma], headers: {X-Why: change}}
   - expect_response: {status: 200}
   - tone: {hz: 440, for: 2s}
 b:
  codecs: [pcmu, pcma]
  steps:
   - expect_call
   - answer
   - expect_request: {method: INVITE, headers: {X-Why: change}, body: /PCMA/}
   - expect_audio: {tone: 440, for: 1s}
)"},
      {"another packet time", R"(
 a:
  codecs: [pcmu]
  steps:
   - call: b
   - expect_answer
   - reinvite: {ptime: 40ms}
 b:
  - expect_call
  - answer
  - expect_request: {method: INVITE, body: "/a=ptime:40/"}
)"},
      {"the packet time of before", R"(
 a:
  codecs: [pcmu]
  steps:
   - call: b
   - expect_answer
   - reinvite
   - wait: 3s
 b:
  - expect_call
  - answer
  - expect_request: {method: INVITE, body: "/a=ptime:40/", within: 2s}  # here
)",
       failure{in_time, "b", "expect_request", "a request INVITE, body /a=ptime:40/",
               "INVITE with the body"}},
      {"a call that is over cannot be negotiated",
       in_call("  - hangup\n  - reinvite  # here\n", "  - expect_hangup\n"),
       failure{signalling, "a", "reinvite", "a call that can be changed", "the call is over"}},
      {"updated", in_call("  - update: {headers: {X-New: \"1\"}}\n  - expect_response: 2xx\n",
                          "  - expect_request: {method: UPDATE, headers: {X-New: \"1\"}}\n")},
      {"a call that is over cannot be updated",
       in_call("  - hangup\n  - update  # here\n", "  - expect_hangup\n"),
       failure{signalling, "a", "update", "a call that is up", "the call is over"}},
  });
}

TEST_CASE("A call is transferred", "[rows]") {
  check({
      {"blind", R"(
 a:
  - call: b
  - expect_answer
  - expect_audio: {tone: 440, within: 5s}
 b:
  - expect_call
  - answer
  - wait: 500ms
  - transfer: c
  - expect_transfer: {result: 200}
 c:
  - expect_call
  - answer
  - tone: {hz: 440, for: 3s}
)"},
      {"to somebody who refuses", R"(
 a:
  - call: b
  - expect_answer
 b:
  - expect_call
  - answer
  - wait: 500ms
  - transfer: c
  - expect_transfer: 486
 c:
  - expect_call
  - reject: 486
)"},
      {"to somebody who refuses, and it is not expected", R"(
 a:
  - call: b
  - expect_answer
 b:
  - expect_call
  - answer
  - wait: 500ms
  - transfer: c
  - expect_transfer  # here
 c:
  - expect_call
  - reject: 486
)",
       failure{signalling, "b", "expect_transfer", "a transfer that ends with 2xx", "486 Busy"}},
      {"attended", R"(
 a:
  - call: {to: b, as: first}
  - expect_answer
  - expect_audio: {tone: 440, within: 10s}
 b:
  - expect_call: {as: one}
  - answer
  - hold
  - call: {to: c, as: two}
  - expect_answer
  - wait: 500ms
  - transfer: {to: c, replaces: two, on: one}
  - expect_transfer: {on: one}
  - expect_hangup: {on: two, by: remote}
 c:
  - expect_call: {as: asked}
  - answer
  - expect_call: {as: joined}
  - tone: {hz: 440, for: 3s, on: joined}
  - expect_hangup: {on: asked}
)"},
      {"nobody transfers", in_call("  - wait: 3s\n", "  - expect_transfer: {within: 1s}  # here\n"),
       failure{in_time, "b", "expect_transfer", "ends with 2xx within 1s", "no end of a transfer"}},
      {"a call that is over cannot be transferred",
       in_call("  - expect_hangup\n", "  - hangup\n  - transfer: a  # here\n"),
       failure{signalling, "b", "transfer", "a call that can be transferred", "over"}},
  });
}

TEST_CASE("Requests inside and outside of a call are met and answered", "[rows]") {
  check({
      {"a message in the call", in_call("  - message: hello\n  - expect_response: {status: 200}\n",
                                        "  - expect_request: {method: MESSAGE, body: hello, "
                                        "headers: {Content-Type: text/plain}}\n")},
      {"a message with another body",
       in_call("  - message: hello\n",
               "  - expect_request: {method: MESSAGE, body: bye, within: 1s}  # here\n"),
       failure{in_time, "b", "expect_request", "MESSAGE, body bye", "with the body hello"}},
      {"a message outside of a call", R"(
 a:
  - message: {to: b, body: hello}
  - expect_response: 200
 b:
  - expect_request: {method: MESSAGE, body: /^hel/}
)"},
      {"an info", in_call("  - info: {body: \"a=b\", content_type: application/x-test}\n"
                          "  - expect_response: 415\n",
                          "  - expect_request: {method: INFO, headers: {Content-Type: "
                          "application/x-test}, body: \"a=b\"}\n")},
      {"options in the call",
       in_call("  - options\n  - wait: 1s\n", "  - expect_request: OPTIONS\n")},
      {"options outside of a call", R"(
 a:
  - options: {to: b, headers: {X-Ask: "1"}}
  - expect_response: {status: 200, headers: {Allow: /INVITE/}}
 b:
  - expect_request: {method: OPTIONS, headers: {X-Ask: "*"}}
)"},
      {"a message in a call that is over",
       in_call("  - hangup\n  - message: hello  # here\n", "  - expect_hangup\n"),
       failure{signalling, "a", "message", "a call that is up", "the call is over"}},
      {"an info in a call that is over",
       in_call("  - hangup\n  - info: {body: x}  # here\n", "  - expect_hangup\n"),
       failure{signalling, "a", "info", "a call that is up", "the call is over"}},
      {"options in a call that is over",
       in_call("  - hangup\n  - options  # here\n", "  - expect_hangup\n"),
       failure{signalling, "a", "options", "a call that is up", "the call is over"}},
      {"no request",
       in_call("  - wait: 2s\n", "  - expect_request: {method: INFO, within: 1s}  # here\n"),
       failure{in_time, "b", "expect_request", "a request INFO within 1s", "in that time"}},
      {"a response of one's own", R"(
 a:
  - message: {to: b, body: hello}
  - expect_response: {status: 403, headers: {X-Why: rules}, body: no}
 b:
  - expect_request: MESSAGE
  - respond: {status: 403, headers: {X-Why: rules}, body: "no"}
)"},
      {"a response of one's own inside the call",
       in_call("  - info: {body: x}\n  - expect_response: {status: 480, body: "
               "\"/later/\"}\n",
               "  - expect_request: INFO\n  - wait: 300ms\n  - respond: {status: 480, body: later, "
               "content_type: text/plain}\n")},
      {"a second response to one request", R"(
 a:
  - message: {to: b, body: hello}
  - wait: 1s
 b:
  - expect_request: MESSAGE
  - respond: 200
  - respond: 200  # here
)",
       failure{signalling, "b", "respond", "a request that waits for our response", ""}},
      {"a response with another body", R"(
 a:
  - message: {to: b, body: hello}
  - expect_response: {status: 403, body: "yes"}  # here
 b:
  - expect_request: MESSAGE
  - respond: {status: 403, body: "no"}
)",
       failure{signalling, "a", "expect_response", "body yes",
               "403 Forbidden to the MESSAGE with"}},
  });
}
