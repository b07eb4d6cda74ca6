// Rows about digits: each way they go, and what is one too many.
#include "rows.hpp"

using namespace test;

namespace {

std::string digits(const std::string& sent, const std::string& expected) {
  return "\n a:\n  - call: b\n  - expect_answer\n" + sent +
         "  - wait: 3s\n b:\n  - expect_call\n  - answer\n" + expected;
}

}  // namespace

TEST_CASE("Digits come as they were sent", "[rows]") {
  check({
      {"as negotiated", digits("  - send_dtmf: \"0123456789*#ABCD\"\n",
                               "  - expect_dtmf: {digits: \"0123456789*#ABCD\", within: 10s}\n")},
      {"by RFC 4733", digits("  - send_dtmf: {digits: \"42\", method: rfc4733}\n",
                             "  - expect_dtmf: {digits: \"42\", method: rfc4733}\n")},
      {"by INFO", digits("  - send_dtmf: {digits: \"42\", method: info}\n",
                         "  - expect_dtmf: {digits: \"42\", method: info}\n")},
      {"in the sound", digits("  - wait: 1s\n  - send_dtmf: {digits: \"42\", method: inband}\n",
                              "  - expect_dtmf: {digits: \"42\", method: inband}\n")},
      {"by another way than is expected",
       digits("  - send_dtmf: {digits: \"42\", method: info}\n",
              "  - expect_dtmf: {digits: \"42\", method: rfc4733}  # here\n"),
       failure{by_media, "b", "expect_dtmf", "the digits 42 by rfc4733", "4 by info"}},
      {"with waits in between",
       digits("  - send_dtmf: \"1w2W3\"\n", "  - expect_dtmf: {digits: \"123\", within: 4s}\n")},
      {"long ones",
       digits("  - send_dtmf: {digits: \"12\", duration: 400ms}\n", "  - expect_dtmf: \"12\"\n")},
      {"another digit fails at once",
       digits("  - send_dtmf: \"19345\"\n", "  - expect_dtmf: {digits: \"12345\"}  # here\n"),
       failure{by_media, "b", "expect_dtmf", "the digits 12345", "the digits 19"}},
      {"one too few",
       digits("  - send_dtmf: \"12\"\n",
              "  - expect_dtmf: {digits: \"123\", within: 2s}  # here\n"),
       failure{in_time, "b", "expect_dtmf", "the digits 123 within 2s", "the digits 12"}},
      {"none", digits("", "  - expect_dtmf: {digits: \"1\", within: 2s}  # here\n"),
       failure{in_time, "b", "expect_dtmf", "the digits 1 within 2s", "no digit"}},
      {"one too many within 400 ms",
       digits("  - send_dtmf: \"12\"\n", "  - expect_dtmf: \"1\"  # here\n"),
       failure{by_media, "b", "expect_dtmf", "the digits 1", "the digits 12"}},
      {"one more after that is another's",
       digits("  - send_dtmf: \"1W2\"\n", "  - expect_dtmf: \"1\"\n  - expect_dtmf: \"2\"\n")},
      {"remembered between steps", digits("  - send_dtmf: \"123\"\n",
                                          "  - wait: 3s\n  - expect_dtmf: {digits: \"123\", "
                                          "within: 10ms}\n")},
      {"none at all are wanted", digits("  - wait: 2s\n  - send_dtmf: \"1\"\n",
                                        "  - expect_no: {expect_dtmf: {}, for: 1s}\n")},
      {"one comes, where none is wanted",
       digits("  - wait: 500ms\n  - send_dtmf: \"1\"\n",
              "  - expect_no: {expect_dtmf: {}, for: 2s}  # here\n"),
       failure{by_media, "b", "expect_no", "no digit for 2s", "it came"}},
      {"one that came before counts where none is wanted",
       digits("  - send_dtmf: \"1\"\n",
              "  - wait: 2s\n  - expect_no: {expect_dtmf: {}, for: 1s}  # here\n"),
       failure{by_media, "b", "expect_no", "no digit for 1s", "it came"}},
      {"another than the one that is not wanted",
       digits("  - send_dtmf: \"4\"\n",
              "  - expect_no: {expect_dtmf: {digits: \"5\"}, for: 2s}\n")},
      {"the one that is not wanted comes after another",
       digits("  - send_dtmf: \"4W5\"\n",
              "  - expect_no: {expect_dtmf: {digits: \"5\"}, for: 3s}  # here\n"),
       failure{by_media, "b", "expect_no", "no the digits 5 for 3s", "it came"}},
      {"digits in a call that is over", R"(
 a:
  - call: b
  - expect_answer
  - send_dtmf: {digits: "1234567890", duration: 500ms}  # here
 b:
  - expect_call
  - answer
  - wait: 1s
  - hangup
)",
       failure{signalling, "a", "send_dtmf", "a call that goes on", "the other side ended it"}},
  });
}
