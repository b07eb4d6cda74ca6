// Rows about the order of steps, variables and bytes as they are.
#include "rows.hpp"

using namespace test;

TEST_CASE("Steps meet, repeat, keep values and send bytes", "[rows]") {
  check({
      {"a value that is kept goes into headers and bodies", R"(
 a:
  - call: {to: b, headers: {X-Ticket: "id=4711;x"}}
  - expect_request: {method: MESSAGE, body: "for 4711", headers: {X-Other: "*"}, within: 1s}  # here
 b:
  - expect_call
  - set: {name: ticket, header: X-Ticket, match: "/id=([0-9]+)/"}
  - answer: {headers: {X-Seen: "${ticket}"}}
  - message: "for ${ticket}"
  - wait: 2s
)",
       failure{in_time, "a", "expect_request", "body for 4711", "MESSAGE with no X-Other"}},
      {"a value that is kept is expected", R"(
 a:
  - call: {to: b, headers: {X-Ticket: "4711"}}
  - expect_answer: {headers: {X-Seen: "${ticket}"}}
  - expect_request: {method: MESSAGE, body: "${ticket}"}
 b:
  - expect_call
  - set: {name: ticket, header: X-Ticket}
  - answer: {headers: {X-Seen: "4711"}}
  - message: "4711"
)"},
      {"a value that is kept and is another", R"(
 a:
  - call: {to: b, headers: {X-Ticket: "4711"}}
  - expect_answer
  - expect_request: {method: MESSAGE, body: "${ticket}", within: 1s}  # here
 b:
  - expect_call
  - set: {name: ticket, header: X-Ticket}
  - answer
  - message: "4712"
  - wait: 2s
)",
       failure{in_time, "a", "expect_request", "body 4711", "with the body 4712"}},
      {"a value that is kept stands in a regular expression as plain text", R"(
 a:
  - call: {to: b, headers: {X-Ticket: "4.1(1"}}
  - expect_answer
  - expect_request: {method: MESSAGE, body: "/^for ${ticket}$/"}
  - expect_request: {method: MESSAGE, body: "/${ticket}/", within: 1s}  # here
 b:
  - expect_call
  - set: {name: ticket, header: X-Ticket}
  - answer
  - message: "for 4.1(1"
  - message: "for 4x1(1"
  - wait: 2s
)",
       failure{in_time, "a", "expect_request", "within 1s", "for 4x1(1"}},
      {"a value that is kept is the reason of a hang-up", R"(
 a:
  - call: {to: b, headers: {X-Why: "SIP;cause=200"}}
  - expect_answer
  - expect_hangup: {reason: "${why}"}
 b:
  - expect_call
  - set: {name: why, header: X-Why}
  - answer
  - hangup: {reason: "${why}"}
)"},
      {"a header that cannot be kept", R"(
 a:
  - call: b
  - wait: 1s
 b:
  - expect_call
  - set: {name: ticket, header: X-Ticket}  # here
  - log: "${ticket}"
)",
       failure{signalling, "b", "set", "a header X-Ticket", "the INVITE has none"}},
      {"a value that is not like it", R"(
 a:
  - call: {to: b, headers: {X-Ticket: none}}
  - wait: 1s
 b:
  - expect_call
  - set: {name: ticket, header: X-Ticket, match: "/id=([0-9]+)/"}  # here
  - log: "${ticket}"
)",
       failure{signalling, "b", "set", "X-Ticket like /id=([0-9]+)/", "X-Ticket: none"}},
      {"parties meet before going on", R"(
 a:
  - wait: 3s
  - sync: there
  - call: b
  - expect_answer
 b:
  - sync: there
  - expect_call: {within: 1s}
  - answer
)"},
      {"parties meet again and again", R"(
 a:
  - repeat:
      times: 5
      steps:
       - wait: 1s
       - sync: there
  - call: b
  - expect_answer
 b:
  - repeat:
      times: 5
      steps:
       - sync: there
  - expect_call: {within: 1s}
  - answer
)"},
      {"nobody comes to meet", R"(
timeout: 4s
parties:
 a:
  - expect_call: {within: 3s}  # here
  - sync: there
 b:
  - sync: there
  - call: a
)",
       failure{in_time, "a", "expect_call", "a call within 3s", "nothing"}},
      {"calls again and again", R"(
 a:
  - repeat:
      times: 20
      steps:
       - call: b
       - expect_answer
       - hangup
 b:
  - repeat:
      times: 20
      steps:
       - expect_call
       - answer
       - expect_hangup
)"},
      {"a step inside a repeat fails in its round", R"(
 a:
  - repeat:
      times: 3
      steps:
       - call: b
       - expect_answer  # here
       - hangup
 b:
  - repeat:
      times: 2
      steps:
       - expect_call
       - answer
       - expect_hangup
  - expect_call
  - reject: 500
)",
       failure{signalling, "a", "expect_answer", "an answer", "500"}},
      {"bytes as text", R"(
 a:
  - call: b
  - expect_answer
  - send_raw: |
      OPTIONS sip:b@10.0.0.2 SIP/2.0
      Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKraw1
      From: <sip:a@10.0.0.1>;tag=1
      To: <sip:b@10.0.0.2>
      Call-ID: raw-1
      CSeq: 1 OPTIONS
      Max-Forwards: 70
      X-Raw: yes
      Content-Length: 0
 b:
  - expect_call
  - answer
  - expect_request: {method: OPTIONS, headers: {X-Raw: "yes"}}
)"},
      {"bytes as hex, which nobody understands", R"(
 a:
  - send_raw: {hex: "0d0a0d0a00ff", to: b}
  - call: b
  - expect_answer
 b:
  - expect_call
  - answer
)"},
      {"line ends that are no CRLF, which are understood all the same", R"(
 a:
  - send_raw: {text: "OPTIONS sip:b SIP/2.0\nCall-ID: 1\n\n", to: b, crlf: false}
  - wait: 2s
 b:
  - expect_request: {method: OPTIONS, headers: {Call-ID: "1"}, within: 1s}
)"},
  });
}
